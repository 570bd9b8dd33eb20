import Broker
import Glibc

extension MessageBroker {
    /// Publishes a group again as long as the broker refuses it, for some seconds.
    func publishPatiently(
        _ group: PublishGroup, attempts: Int = 50, _ completion: @escaping @Sendable (PublishOutcome) -> Void
    ) {
        let isTaken = publish(group) { outcome in
            guard outcome == .rejected, attempts > 0 else { return completion(outcome) }
            usleep(100_000)
            self.publishPatiently(group, attempts: attempts - 1, completion)
        }
        if !isTaken { completion(.rejected) }
    }
}
