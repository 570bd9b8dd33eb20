import Broker
import Core

/// The in-memory broker, but what is published can be held back, refused, or made to fail.
public final class FaultyBroker: MessageBroker {
    public enum Fault: Sendable {
        /// `publish` answers false.
        case refused
        case outcome(PublishOutcome)
        /// Until `release`.
        case held
    }

    private struct State: Sendable {
        var faults: [Fault] = []
        var held: [(group: PublishGroup, completion: @Sendable (PublishOutcome) -> Void)] = []
        var published = 0
    }

    private let broker: InMemoryBroker
    private let state = Mutex(State())

    /// - Parameter faults: one for each group that is published, in order; those after them go through.
    public init(_ broker: InMemoryBroker, faults: [Fault]) {
        self.broker = broker
        state.withLock { $0.faults = faults }
    }

    public var published: Int { state.withLock { $0.published } }
    public var held: Int { state.withLock { $0.held.count } }

    /// Publishes what was held.
    public func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for (group, completion) in held where !broker.publish(group, completion: completion) {
            completion(.unavailable)
        }
    }

    public func publish(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool {
        let fault = state.withLock { state -> Fault? in
            state.published += 1
            let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
            if case .held = fault { state.held.append((group, completion)) }
            return fault
        }
        switch fault {
        case nil: return broker.publish(group, completion: completion)
        case .refused: return false
        case .held: return true
        case .outcome(let outcome):
            completion(outcome)
            return true
        }
    }

    public func consume(
        queue: String, prefetch: Int, suspectReturns: Int?, handler: @escaping @Sendable ([DeliveredMessage]) -> Void
    ) {
        broker.consume(queue: queue, prefetch: prefetch, suspectReturns: suspectReturns, handler: handler)
    }

    public func acknowledge(_ tag: DeliveryTag, multiple: Bool) { broker.acknowledge(tag, multiple: multiple) }
    public func reject(_ tag: DeliveryTag, requeue: Bool) { broker.reject(tag, requeue: requeue) }
    public func start() { broker.start() }
    public func stop(drainMilliseconds: Int) { broker.stop(drainMilliseconds: drainMilliseconds) }
    public var isConnected: Bool { broker.isConnected }
    public var statistics: BrokerStatistics { broker.statistics }

    public var onStateChange: (@Sendable (BrokerState) -> Void)? {
        get { broker.onStateChange }
        set { broker.onStateChange = newValue }
    }

    public var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)? {
        get { broker.onDiagnostic }
        set { broker.onDiagnostic = newValue }
    }
}
