import Core
import Glibc
import HTTPClient
import HTTPServer
import Reactor
import Telemetry
import TierSecurity
import Tiers

/// The public-web tier: its loops, each on a thread of its own.
public final class PublicWebServer: Sendable {
    /// Descriptors kept back for what is no client: listeners, logs, the dispatcher, files.
    private static let descriptorReserve = 256
    /// Of scaled dispatchers, each with a few POSTs under way, and of who looks at health and metrics.
    private static let internalConnectionsMax = 1024

    public let publicURL: String
    public let internalURL: String
    private let readiness: Readiness
    private let mailboxes: [Mailbox<LoopMessage>]
    private let threads: [Thread]
    private let drainMilliseconds: UInt64
    private let clients: ClientAuthenticator?
    private let hasTLS: Bool
    private let hasTierTLS: Bool
    private let hasSecret: Bool

    /// Binds, starts the loops, and returns.
    public static func start(
        _ configuration: PublicWebConfiguration, logger: Logger, registry: MetricsRegistry,
        tracer: Tracer = .disabled
    ) throws(PublicWebError) -> PublicWebServer {
        let security = try security(of: configuration)
        tell(configuration, logger)
        do throws(SystemError) {
            return try PublicWebServer(
                configuration, security, logger: logger, registry: registry, tracer: tracer)
        } catch {
            throw .system(error)
        }
    }

    /// Reads the files that the configuration names; throws if something is wrong with them, or if more people could come
    /// in than its author may know.
    static func security(of configuration: PublicWebConfiguration) throws(PublicWebError) -> PublicWebSecurity {
        var tls: TLSContext?
        let tier: LoadedTierTLS
        do throws(TLSConfigurationError) {
            if let certificate = configuration.tlsCertificateFile, let key = configuration.tlsKeyFile {
                tls = try TLSContext(certificateFile: certificate, keyFile: key, clients: configuration.tlsClients)
            }
            tier = try configuration.tierTLS.load()
        } catch {
            throw .tls(error)
        }
        let isLoopback = LoopbackAddress.contains(configuration.host)
        guard configuration.authentication != nil || isLoopback || configuration.isOpenToAll else {
            throw .needsAuthentication(host: configuration.host)
        }
        guard configuration.internalSecret != nil || LoopbackAddress.contains(configuration.internalHost) else {
            throw .needsSecret(host: configuration.internalHost)
        }
        if let secret = configuration.internalSecret, !LoopbackAddress.contains(configuration.internalHost),
            TierSettings.isShort(secret)
        {
            throw .weakSecret(host: configuration.internalHost)
        }
        return PublicWebSecurity(
            tls: tls, tier: tier, internalSecret: configuration.internalSecret,
            origins: OriginPolicy(
                origins: configuration.origins, isLoopback: LoopbackAddress.contains(configuration.host)),
            keyAuthorities: configuration.authentication?.authorities)
    }

    /// Takes over certificates, keys, the internal secret and the pages that may come: for connections and calls from now
    /// on. What is open goes on. All or nothing.
    public func reload(_ configuration: PublicWebConfiguration) throws(PublicWebError) {
        let new = try Self.security(of: configuration)
        guard (new.tls == nil) == !hasTLS, (new.tier.server == nil) == !hasTierTLS,
            (new.internalSecret == nil) == !hasSecret, configuration.authentication?.kind == clients?.settings.kind,
            configuration.authentication?.rules == clients?.settings.rules,
            configuration.authentication?.takesCertificates == clients?.settings.takesCertificates,
            clients.map({ $0.limits == configuration.limits.principals }) != false
        else { throw .needsRestart }
        if case .keys(let keys)? = configuration.authentication?.source { clients?.replace(keys: keys) }
        postToAll(.reload(new))
    }

    private func postToAll(_ message: LoopMessage) {
        for mailbox in mailboxes {
            // Full for moments at most: the loops go on emptying them.
            while mailbox.post(message) == .full { usleep(1000) }
        }
    }

    /// Who may come in, aloud.
    private static func tell(_ configuration: PublicWebConfiguration, _ logger: Logger) {
        if configuration.internalSecret == nil {
            logger.info("no internal secret: calls between tiers are trusted, on loopback only")
        }
        if let authentication = configuration.authentication {
            let algorithms = authentication.rules.algorithms.map(\.rawValue).sorted().joined(separator: " ")
            switch (authentication.takesTokens, authentication.takesCertificates) {
            case (true, true):
                logger.info("clients need a token or a certificate", ["algorithms": .string(algorithms)])
            case (true, false): logger.info("clients need a token", ["algorithms": .string(algorithms)])
            case (false, _): logger.info("clients need a certificate")
            }
        } else if LoopbackAddress.contains(configuration.host) {
            logger.info("open: clients need no token, on loopback only")
        } else {
            logger.warning(
                "open to all: clients need no token, and the public listener is beyond loopback",
                ["host": .string(configuration.host)])
        }
    }

    private init(
        _ configuration: PublicWebConfiguration, _ security: PublicWebSecurity, logger: Logger,
        registry: MetricsRegistry, tracer: Tracer
    ) throws(SystemError) {
        let publicSockets = try Self.bind(configuration.host, configuration.port, count: configuration.loops)
        let internalSockets = try Self.bind(
            configuration.internalHost, configuration.internalPort, count: configuration.loops)
        let scheme = security.tls == nil ? "http" : "https"
        let internalScheme = security.tier.server == nil ? "http" : "https"
        publicURL = "\(scheme)://\(Self.authority(configuration.host, publicSockets[0].port))"
        internalURL =
            configuration.internalURL
            ?? "\(internalScheme)://\(Self.authority(configuration.internalHost, internalSockets[0].port))"
        var random = RandomSource()
        let clients = configuration.authentication.map {
            ClientAuthenticator($0, limits: configuration.limits.principals, registry: registry)
        }
        self.clients = clients
        hasTLS = security.tls != nil
        hasTierTLS = security.tier.server != nil
        hasSecret = security.internalSecret != nil
        let memory = ReplayMemory()
        let internalMax = min(max(configuration.descriptorsMax / 8, 16), Self.internalConnectionsMax)
        let shared = PublicWebShared(
            limits: configuration.limits, logger: logger,
            metrics: PublicWebMetrics(registry: registry, limits: Self.limits(of: configuration)),
            access: AccessMetrics(registry: registry), tracer: tracer,
            readiness: Readiness(fetchesKeys: clients?.url != nil),
            budget: ConnectionBudget(
                connectionsMax: max(configuration.descriptorsMax - Self.descriptorReserve - internalMax, 16)),
            internalBudget: ConnectionBudget(connectionsMax: internalMax),
            security: security, internalCalls: InternalCallMetrics(registry: registry, memory: memory),
            replayMemory: memory, echoPath: configuration.echoPath, dispatcherURL: configuration.dispatcherURL,
            internalURL: internalURL,
            isLoopback: LoopbackAddress.contains(configuration.host) && !configuration.isOpenToAll, clients: clients,
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
        postToAll(.drain(spreadMilliseconds: drainMilliseconds))
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
