import Broker
import Core
import Reactor
import Telemetry

/// The dispatcher tier: one loop, and a broker's threads.
public final class DispatcherServer: Sendable {
    public let internalURL: String
    private let broker: any MessageBroker
    private let mailboxes: [Mailbox<DispatcherMessage>]
    private let threads: [Thread]
    private let drainMilliseconds: Int

    /// Binds, starts the loop and the broker, and returns; the broker connects in its own time.
    /// - Parameter broker: made with `StandardTopology.dispatcher()`, not started.
    public static func start(
        _ configuration: DispatcherConfiguration, broker: any MessageBroker, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer = .disabled
    ) throws(DispatcherError) -> DispatcherServer {
        if configuration.internalSecret == nil, !LoopbackAddress.contains(configuration.host) {
            throw .needsSecret(host: configuration.host)
        }
        do throws(SystemError) {
            return try DispatcherServer(
                configuration, broker: broker, logger: logger, registry: registry, tracer: tracer)
        } catch {
            throw .system(error)
        }
    }

    private init(
        _ configuration: DispatcherConfiguration, broker: any MessageBroker, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer
    ) throws(SystemError) {
        let socket = try Listener.bind(host: configuration.host, port: configuration.port, reusePort: false)
        internalURL = "http://\(configuration.host):\(socket.port)"
        let shared = DispatcherShared(
            limits: configuration.limits, logger: logger,
            metrics: DispatcherMetrics(
                registry: registry, limits: configuration.limits, types: configuration.routes.types),
            tracer: tracer, broker: broker, routes: configuration.routes, internalSecret: configuration.internalSecret)
        self.broker = broker
        drainMilliseconds = configuration.drainMilliseconds
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "dispatcher") { _, loop throws(SystemError) in
            let home = DispatcherLoop(shared: shared, loop: loop)
            try home.start(socket: socket)
            return (home.mailbox, { _ in }, home)
        }
        let mailbox = mailboxes[0]
        registry.queue("mailbox", unit: "messages", limit: DispatcherLoop.mailboxMessagesMax) { Double(mailbox.count) }
        broker.consume(queue: StandardTopology.responsesQueue, prefetch: configuration.limits.prefetch) { messages in
            // Never full: the broker hands out no more than the prefetch.
            _ = mailbox.post(.delivered(messages))
        }
        broker.start()
    }

    /// Takes no more events, delivers what is under way as far as time allows, and ends.
    public func stop() {
        for mailbox in mailboxes { _ = mailbox.post(.drain) }
        broker.stop(drainMilliseconds: drainMilliseconds)
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }
}
