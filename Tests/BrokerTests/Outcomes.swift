import Broker
import Core

/// Collects the outcomes of published groups by number, and whether any came twice.
final class Outcomes: Sendable {
    private let outcomes = Mutex<[Int: [PublishOutcome]]>([:])

    func completion(_ number: Int = 0) -> @Sendable (PublishOutcome) -> Void {
        { outcome in self.outcomes.withLock { $0[number, default: []].append(outcome) } }
    }

    subscript(number: Int) -> PublishOutcome? { outcomes.withLock { $0[number]?.first } }
    var count: Int { outcomes.withLock { $0.count } }
    var all: [PublishOutcome] { outcomes.withLock { $0.values.flatMap { $0 } } }
    /// Groups with more than one outcome.
    var repeated: Int { outcomes.withLock { $0.values.count { $0.count > 1 } } }

    func count(of outcome: PublishOutcome) -> Int { all.count { $0 == outcome } }
}
