import Broker
import CloudEvents
import Core
import HTTP1
import HTTPClient
import HTTPServer
import Reactor
import Telemetry
import TierSecurity
import Tiers

/// The dispatcher's event loop: events in over HTTP and out to the broker, answers in from the broker and out over HTTP.
/// Everything here belongs to the loop's thread; the broker has threads of its own.
final class DispatcherLoop: TimerTarget {
    enum TimerKind {
        static let retryAnswers = 0
        static let republish = 1
        static let relieve = 2
    }

    static let mailboxMessagesMax = 1 << 20

    let shared: DispatcherShared
    let loop: EventLoop
    let transport: HTTPTransport
    let authenticator: InternalAuthenticator
    var posts = Slab<PublishPost>()
    var publishing = Slab<PublishingGroup>()
    /// Those of them that the broker refused, to be published again.
    var refused: [UInt64] = []
    var deliveries = Slab<TrackedDelivery>()
    var destinations = BytesDictionary<Destination>()
    var verified = VerifiedAddresses()
    /// Of the message that is being routed; kept for its storage.
    var tokens: [(Result<AnswerToken, UndeliverableAnswer>, Range<Int>)] = []
    var held: HeldAnswers
    var retryTimer: EventLoop.Timer?
    var random = RandomSource()
    private(set) var isDraining = false
    private(set) var mailbox: Mailbox<DispatcherMessage>
    private var server: HTTPServer?
    private(set) var routes: RoutingTable
    private var certificate: CertificateWatch?

    init(shared: DispatcherShared, loop: EventLoop) {
        self.shared = shared
        self.loop = loop
        transport = HTTPTransport(loop: loop, policy: shared.security.tier.policy)
        routes = shared.security.routes
        held = HeldAnswers(limits: shared.limits)
        authenticator = InternalAuthenticator(
            secret: shared.security.internalSecret, memory: shared.replayMemory)
        weak var weakSelf: DispatcherLoop?
        mailbox = loop.makeMailbox(messagesMax: Self.mailboxMessagesMax) { weakSelf?.receive($0) }
        weakSelf = self
        loop.lag = shared.metrics.loopLag
    }

    func start(socket: ListeningSocket) throws(SystemError) {
        relieve()
        let server = HTTPServer(
            loop: loop, name: "internal",
            limits: HTTPLimits(bodyBytesMax: shared.limits.bodyBytesMax),
            router: router(), tls: shared.security.tier.server, budget: ConnectionBudget(connectionsMax: 4096),
            metrics: shared.metrics.registry)
        server.problemTold = { [shared] in shared.internalCalls.count($0) }
        let isUnsigned = shared.security.internalSecret == nil
        server.refusing = { ForeignPages.problem($0, isLoopback: isUnsigned) }
        try server.listen(on: socket)
        self.server = server
        if let tls = shared.security.tier.server {
            certificate = CertificateWatch(
                loop: loop, listener: "internal", logger: shared.logger, registry: shared.metrics.registry, tls)
        }
    }

    private func reload(_ security: DispatcherSecurity) {
        routes = security.routes
        authenticator.set(secret: security.internalSecret)
        // They may have been sealed with a secret that is none any more.
        verified.removeAll()
        transport.replace(policy: security.tier.policy)
        guard let tls = security.tier.server else { return }
        server?.replace(tls: tls)
        certificate?.replace(tls)
    }

    private func receive(_ message: DispatcherMessage) {
        switch message {
        case .published(let group, let outcome): published(group, outcome)
        case .delivered(let messages): for message in messages { route(message) }
        case .deadLettered(let delivery, let outcome):
            finish(delivery, outcome == .confirmed ? .acknowledge : .requeue)
        case .reload(let security): reload(security)
        case .drain(let draining):
            isDraining = true
            server?.drain()
            draining.withLock { $0 += 1 }
        case .stop:
            let problem = Problem(.draining, "This instance is shutting down.")
            for token in held.all { end(token, problem, status: nil) }
            loop.stop()
        }
    }

    func timerFired(kind: Int) {
        switch kind {
        case TimerKind.republish: publishRefused()
        case TimerKind.relieve: relieve()
        default: retryAnswers()
        }
    }

    private func router() -> HTTPRouter {
        var router = HTTPRouter()
        router.add(.post, "/events") { [unowned self] in postEvents($0, $1) }
        router.add(.get, "/livez") { _, exchange in
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        }
        router.add(.get, "/readyz") { [unowned self] _, exchange in
            if isDraining { return exchange.respond(Problem(.draining, "This instance is shutting down.")) }
            guard shared.broker.isConnected else {
                return exchange.respond(Problem(.brokerUnavailable, "Not ready: the broker is not connected."))
            }
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ready\"}".utf8))
        }
        router.add(.get, "/metrics") { [unowned self] in $1.respond(shared.metrics.registry, to: $0) }
        return router
    }
}
