import Broker
import Core
import Glibc

/// Publishes messages and tells what became of each, on the caller's thread. Only so many are under way at a time.
final class ConfirmedPublisher {
    /// Nil if the broker has confirmed the message, or why it has not.
    typealias Completion = (String?) throws -> Void

    private static let waitMilliseconds: UInt64 = 30_000
    private static let underWayMax = 256

    private let broker: AMQPBroker
    private let wake: WakeSignal
    private let reason = Mutex<String?>(nil)
    private let finished = Mutex<[(number: Int, outcome: PublishOutcome)]>([])
    private var waiting: [Int: (route: BrokerRoute, completion: Completion)] = [:]
    private var last = 0
    private let isWaiting: () throws -> Void

    /// Connects.
    /// - Parameter isWaiting: called every second while outcomes are waited for.
    init(_ configuration: AMQPConfiguration, isWaiting: @escaping () throws -> Void) throws {
        self.isWaiting = isWaiting
        broker = try AMQPBroker(configuration: configuration, topology: Topology())
        wake = try WakeSignal()
        broker.onDiagnostic = { [reason] diagnostic in
            if !diagnostic.kind.isRoutine { reason.withLock { $0 = diagnostic.text } }
        }
        broker.start()
    }

    deinit { broker.stop(drainMilliseconds: 0) }

    /// - Parameters:
    ///   - events: JSON text, separated by one comma each; `ends` says where each ends.
    ///   - completion: called by this, by a later call or by `drain`.
    func publish(
        _ events: [UInt8], ends: [Int32], to route: BrokerRoute, _ metadata: EventMetadata, lifetimeSeconds: Int,
        completion: @escaping Completion
    ) throws {
        while waiting.count >= Self.underWayMax { try wait() }
        last += 1
        let number = last
        waiting[number] = (route, completion)
        let group = PublishGroup(
            route: route, events: events, ends: ends,
            expirationMilliseconds: lifetimeSeconds > 0 ? UInt32(clamping: lifetimeSeconds * 1000) : nil,
            metadata: metadata, deadline: SystemClock.monotonic().advanced(byMilliseconds: Self.waitMilliseconds))
        let isTaken = broker.publish(group) { [wake, finished] outcome in
            finished.withLock { $0.append((number, outcome)) }
            wake.signal()
        }
        if !isTaken { finished.withLock { $0.append((number, .unavailable)) } }
        try settle()
    }

    /// Until all that was published has been told of.
    func drain() throws {
        try settle()
        while !waiting.isEmpty { try wait() }
    }

    private func wait() throws {
        var descriptor = pollfd(fd: wake.fd, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, 1000)
        wake.drain()
        try isWaiting()
        try settle()
    }

    private func settle() throws {
        let settled = finished.withLock { finished in
            defer { finished = [] }
            return finished
        }
        for (number, outcome) in settled {
            guard let (route, completion) = waiting.removeValue(forKey: number) else { continue }
            try completion(obstacle(outcome, route))
        }
    }

    private func obstacle(_ outcome: PublishOutcome, _ route: BrokerRoute) -> String? {
        let exchange = route.exchange.isEmpty ? "the default exchange" : "exchange \(route.exchange)"
        switch outcome {
        case .confirmed: return nil
        case .unroutable: return "no queue takes what \(exchange) gets with the routing key \(route.routingKey)"
        case .rejected: return "the broker refused it"
        case .refused: return "the broker takes no such message on \(exchange): it is too large, or not permitted"
        case .expired: return "its lifetime was over before the broker took it"
        case .unavailable: return reason.withLock { $0 } ?? "the broker did not confirm it in time"
        }
    }
}
