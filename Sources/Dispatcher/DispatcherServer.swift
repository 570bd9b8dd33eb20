import Broker
import Core
import Glibc
import Reactor
import Telemetry
import TierSecurity
import Tiers

/// The dispatcher tier: one loop, and a broker's threads.
public final class DispatcherServer: Sendable {
    public let internalURL: String
    private let broker: any MessageBroker
    private let mailboxes: [Mailbox<DispatcherMessage>]
    private let threads: [Thread]
    private let drainMilliseconds: Int
    private let hasTLS: Bool
    private let hasSecret: Bool

    /// Binds, starts the loop and the broker, and returns; the broker connects in its own time.
    /// - Parameter broker: made with `StandardTopology.dispatcher()`, not started.
    public static func start(
        _ configuration: DispatcherConfiguration, broker: any MessageBroker, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer = .disabled
    ) throws(DispatcherError) -> DispatcherServer {
        let security = try security(of: configuration)
        do throws(SystemError) {
            return try DispatcherServer(
                configuration, security, broker: broker, logger: logger, registry: registry, tracer: tracer)
        } catch {
            throw .system(error)
        }
    }

    /// Reads the files that the configuration names; throws if something is wrong with them, or if anybody could send it
    /// events.
    static func security(of configuration: DispatcherConfiguration) throws(DispatcherError) -> DispatcherSecurity {
        if configuration.internalSecret == nil, !LoopbackAddress.contains(configuration.host) {
            throw .needsSecret(host: configuration.host)
        }
        if let secret = configuration.internalSecret, !LoopbackAddress.contains(configuration.host),
            TierSettings.isShort(secret)
        {
            throw .weakSecret(host: configuration.host)
        }
        do throws(TLSConfigurationError) {
            return DispatcherSecurity(
                tier: try configuration.tierTLS.load(), internalSecret: configuration.internalSecret,
                routes: configuration.routes)
        } catch {
            throw .tls(error)
        }
    }

    /// Takes over certificates, the internal secret and the routes: for connections and calls from now on. All or nothing.
    public func reload(_ configuration: DispatcherConfiguration) throws(DispatcherError) {
        let new = try Self.security(of: configuration)
        guard (new.tier.server == nil) == !hasTLS, (new.internalSecret == nil) == !hasSecret else {
            throw .needsRestart
        }
        for mailbox in mailboxes {
            // Full for moments at most: the loop goes on emptying it.
            while mailbox.post(.reload(new)) == .full { usleep(1000) }
        }
    }

    private init(
        _ configuration: DispatcherConfiguration, _ security: DispatcherSecurity, broker: any MessageBroker,
        logger: Logger, registry: MetricsRegistry, tracer: Tracer
    ) throws(SystemError) {
        let socket = try Listener.bind(host: configuration.host, port: configuration.port, reusePort: false)
        hasTLS = security.tier.server != nil
        hasSecret = security.internalSecret != nil
        let memory = ReplayMemory()
        internalURL = "\(hasTLS ? "https" : "http")://\(configuration.host):\(socket.port)"
        let shared = DispatcherShared(
            limits: configuration.limits, logger: logger,
            metrics: DispatcherMetrics(
                registry: registry, limits: configuration.limits, types: configuration.routes.types),
            tracer: tracer, broker: broker, security: security,
            internalCalls: InternalCallMetrics(registry: registry, memory: memory), replayMemory: memory)
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
        let draining = Mutex(0)
        for mailbox in mailboxes { _ = mailbox.post(.drain(draining)) }
        // What a loop would still take could find the broker drained and gone.
        let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(max(0, drainMilliseconds)))
        while draining.withLock({ $0 }) < mailboxes.count, SystemClock.monotonic() < end { usleep(1000) }
        broker.stop(drainMilliseconds: drainMilliseconds)
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }
}
