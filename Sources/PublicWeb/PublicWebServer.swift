import Core
import HTTPClient
import HTTPServer
import Reactor
import Telemetry

/// The public-web tier: its loops, each on a thread of its own.
public final class PublicWebServer: Sendable {
    /// Descriptors kept back for what is no client: listeners, logs, the dispatcher, files.
    private static let descriptorReserve = 256

    public let publicURL: String
    public let internalURL: String
    private let readiness: Readiness
    private let mailboxes: [Mailbox<LoopMessage>]
    private let threads: [Thread]
    private let drainMilliseconds: UInt64

    /// Binds, starts the loops, and returns.
    public static func start(
        _ configuration: PublicWebConfiguration, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer = .disabled
    ) throws(PublicWebError) -> PublicWebServer {
        var tls: TLSContext?
        if let certificate = configuration.tlsCertificateFile, let key = configuration.tlsKeyFile {
            do throws(TLSConfigurationError) {
                tls = try TLSContext(certificateFile: certificate, keyFile: key)
            } catch {
                throw .tls(error)
            }
        }
        let isLoopback = LoopbackAddress.contains(configuration.host)
        guard configuration.authentication != nil || isLoopback || configuration.isOpenToAll else {
            throw .needsAuthentication(host: configuration.host)
        }
        guard configuration.internalSecret != nil || LoopbackAddress.contains(configuration.internalHost) else {
            throw .needsSecret(host: configuration.internalHost)
        }
        tell(configuration, logger)
        do throws(SystemError) {
            return try PublicWebServer(configuration, tls: tls, logger: logger, registry: registry, tracer: tracer)
        } catch {
            throw .system(error)
        }
    }

    /// Who may come in, aloud.
    private static func tell(_ configuration: PublicWebConfiguration, _ logger: Logger) {
        if configuration.internalSecret == nil {
            logger.info("no internal secret: calls between tiers are trusted, on loopback only")
        }
        if let authentication = configuration.authentication {
            let algorithms = authentication.rules.algorithms.map(\.rawValue).sorted().joined(separator: " ")
            logger.info("clients need a token", ["algorithms": .string(algorithms)])
        } else if LoopbackAddress.contains(configuration.host) {
            logger.info("open: clients need no token, on loopback only")
        } else {
            logger.warning(
                "open to all: clients need no token, and the public listener is beyond loopback",
                ["host": .string(configuration.host)])
        }
    }

    private init(
        _ configuration: PublicWebConfiguration, tls: TLSContext?, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer
    ) throws(SystemError) {
        let publicSockets = try Self.bind(configuration.host, configuration.port, count: configuration.loops)
        let internalSockets = try Self.bind(
            configuration.internalHost, configuration.internalPort, count: configuration.loops)
        let scheme = tls == nil ? "http" : "https"
        publicURL = "\(scheme)://\(Self.authority(configuration.host, publicSockets[0].port))"
        internalURL =
            configuration.internalURL
            ?? "http://\(Self.authority(configuration.internalHost, internalSockets[0].port))"
        var random = RandomSource()
        let clients = configuration.authentication.map {
            ClientAuthenticator($0, limits: configuration.limits.principals, registry: registry)
        }
        let shared = PublicWebShared(
            limits: configuration.limits, logger: logger,
            metrics: PublicWebMetrics(registry: registry, limits: Self.limits(of: configuration)),
            access: AccessMetrics(registry: registry), tracer: tracer,
            readiness: Readiness(fetchesKeys: clients?.url != nil),
            budget: ConnectionBudget(connectionsMax: max(configuration.descriptorsMax - Self.descriptorReserve, 16)),
            tls: tls, echoPath: configuration.echoPath, dispatcherURL: configuration.dispatcherURL,
            internalURL: internalURL, internalSecret: configuration.internalSecret, clients: clients,
            origins: OriginPolicy(
                origins: configuration.origins, isLoopback: LoopbackAddress.contains(configuration.host)),
            instance: random.next() & ~0xFF,
            loopCount: configuration.loops)
        readiness = shared.readiness
        drainMilliseconds = configuration.drainMilliseconds
        (mailboxes, threads) = try LoopThreads.start(
            count: configuration.loops, name: "web"
        ) { index, loop throws(SystemError) in
            let home = PublicWebLoop(index: index, shared: shared, loop: loop)
            try home.start(publicSocket: publicSockets[index], internalSocket: internalSockets[index])
            return (home.mailbox, { home.peers = $0 }, home)
        }
        let budget = shared.budget
        for (index, mailbox) in mailboxes.enumerated() {
            registry.queue("mailbox-\(index)", unit: "messages", limit: PublicWebLoop.mailboxMessagesMax) {
                Double(mailbox.count)
            }
        }
        registry.gauge("switchboard_connections", "Open connections") { Double(budget.count) }
        let sessionsMax = configuration.limits.sessions.sessionsMax * configuration.loops
        registry.gauge("switchboard_sessions_max", "Most sessions allowed") { Double(sessionsMax) }
        registry.gauge("switchboard_connections_max", "Most connections allowed") { Double(budget.connectionsMax) }
    }

    private static func limits(of configuration: PublicWebConfiguration) -> PublicWebMetrics.Limits {
        let sessions = configuration.limits.sessions
        return PublicWebMetrics.Limits(
            forwardMax: CoalescingPoster<ForwardToken>.Limits().eventsWaitingMax * configuration.loops,
            timelinesMax: sessions.timelinesMax * configuration.loops,
            pendingMax: sessions.requestsMax * configuration.loops)
    }

    /// What `/readyz` says; nil when ready.
    public var readinessProblem: Problem? { readiness.problem }

    /// Readiness fails, sessions are sent away, pending answers are delivered as far as time allows; returns when the
    /// loops have ended.
    public func stop() {
        readiness.setDraining()
        for mailbox in mailboxes { _ = mailbox.post(.drain(spreadMilliseconds: drainMilliseconds)) }
        for thread in threads { thread.join() }
    }

    /// Every loop has a socket of its own on the same port.
    private static func bind(_ host: String, _ port: UInt16, count: Int) throws(SystemError) -> [ListeningSocket] {
        var sockets = [try Listener.bind(host: host, port: port, reusePort: true)]
        while sockets.count < count {
            sockets.append(try Listener.bind(host: host, port: sockets[0].port, reusePort: true))
        }
        return sockets
    }

    private static func authority(_ host: String, _ port: UInt16) -> String {
        let shown = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "[::1]" : host.contains(":") ? "[\(host)]" : host
        return "\(shown):\(port)"
    }
}
