import CloudEvents
import Core
import HTTP1
import HTTPClient
import HTTPServer
import JSON
import Reactor
import Sessions
import Telemetry
import TierSecurity
import Tiers

/// One event loop of public-web with the sessions and exchanges that live on it. Everything here belongs to the loop's
/// thread.
final class PublicWebLoop: TimerTarget {
    private enum TimerKind {
        static let deadlines = 0
        static let probe = 1
        static let stopping = 2
    }

    private static let settledAtOnceMax = 64
    private static let deadlineScanMilliseconds: UInt64 = 50
    private static let probeMilliseconds: UInt64 = 1000
    static let mailboxMessagesMax = 65_536
    /// Of one loop; above it, tables grow.
    private static let expectedConnectionsMax = 65_536

    let index: Int
    let shared: PublicWebShared
    let loop: EventLoop
    let transport: any RequestTransport
    let authenticator: InternalAuthenticator
    let sessions: SessionTable
    let sessionLimits: [UInt8]
    var connections = Slab<SessionConnection>()
    var exchanges = Slab<EventsExchange>()
    /// Of those that wait for a session's events, by session: one that ends does not look at all the others'.
    var exchangesOfSessions: [UInt64: Set<UInt64>] = [:]
    var queryWaits = Slab<HTTPExchange>()
    /// Those of sampled events that have no answer yet.
    var requestSpans = Slab<RequestSpans>()
    /// The spans of sampled handshakes, by connection.
    var handshakes: [UInt64: TraceContext] = [:]
    /// By connection; none in open mode, where a connection is to cost nothing for it.
    var authorisations: [UInt64: SessionAuthorisation] = [:]
    /// Exchanges of requests that other loops have, by loop and number there.
    var remoteExchanges: [RemoteWait: UInt64] = [:]
    let parkedHandler = ParkedHandler()
    var counted = CountedSessions()
    var isPumping = false
    var random = RandomSource()
    /// Where a message is put together before its length is known.
    var scratch: [UInt8] = []
    var dispatchWaits = Slab<DispatchWait>()
    var peers: [Mailbox<LoopMessage>] = []
    private(set) var mailbox: Mailbox<LoopMessage>
    private(set) var poster: CoalescingPoster<ForwardToken>
    private(set) var publicServer: HTTPServer?
    private(set) var internalServer: HTTPServer?
    /// Requests whose deadline has come, and that are not settled yet.
    private var expired = FIFO<PendingRequests.Expired>()
    private var due: [PendingRequests.Expired] = []
    private var drain: DrainPlan?
    private var keyFetcher: KeyFetcher?
    /// Pages from which browsers may come.
    private(set) var origins: OriginPolicy
    private var publicCertificate: CertificateWatch?
    private var internalCertificate: CertificateWatch?

    /// - Parameter transport: to the dispatcher; nil: HTTP over the network.
    init(index: Int, shared: PublicWebShared, loop: EventLoop, transport: (any RequestTransport)? = nil) {
        self.index = index
        self.shared = shared
        self.loop = loop
        let transport = transport ?? HTTPTransport(loop: loop, policy: shared.security.tier.policy)
        self.transport = transport
        origins = shared.security.origins
        sessionLimits = SessionOpenedEvent.limits(shared.limits)
        let authenticator = InternalAuthenticator(
            secret: shared.security.internalSecret, memory: shared.replayMemory)
        self.authenticator = authenticator
        sessions = SessionTable(
            limits: shared.limits.sessions, instance: shared.instance | UInt64(index), now: loop.now)
        weak var weakSelf: PublicWebLoop?
        mailbox = loop.makeMailbox(messagesMax: Self.mailboxMessagesMax) { weakSelf?.receive($0) }
        poster = CoalescingPoster(
            loop: loop, transport: transport, url: shared.dispatcherURL + "/events",
            sign: {
                authenticator.headerLine(
                    path: "/events", body: $0, wallNanoseconds: SystemClock.wallNanoseconds())
            },
            completion: { weakSelf?.forwarded($0, $1) })
        poster.posting = { weakSelf?.forwarding($0) }
        loop.lag = shared.metrics.loopLag
        weakSelf = self
    }

    /// Tables that grow leave holes of their earlier sizes among the sessions: 40 bytes for each of 19,000.
    private func makeRoom() {
        let connectionsMax = min(shared.budget.connectionsMax, Self.expectedConnectionsMax)
        loop.expect(descriptors: connectionsMax)
        connections.reserveCapacity(connectionsMax)
        sessions.expect(sessions: connectionsMax)
    }

    /// Listens, and starts what runs by time.
    func start(publicSocket: ListeningSocket, internalSocket: ListeningSocket) throws(SystemError) {
        makeRoom()
        let publicServer = HTTPServer(
            loop: loop, name: "public", limits: HTTPLimits(bodyBytesMax: shared.limits.messageBytesMax),
            router: publicRouter(), tls: shared.security.tls, budget: shared.budget, metrics: shared.metrics.registry)
        let internalServer = HTTPServer(
            loop: loop, name: "internal",
            limits: HTTPLimits(bodyBytesMax: shared.limits.internalBodyBytesMax),
            router: internalRouter(), tls: shared.security.tier.server, budget: shared.internalBudget,
            metrics: shared.metrics.registry)
        publicServer.problemTold = { [shared] in shared.metrics.count($0) }
        internalServer.problemTold = { [shared] in
            shared.metrics.count($0)
            shared.internalCalls.count($0)
        }
        let isUnsigned = shared.security.internalSecret == nil
        internalServer.refusing = { ForeignPages.problem($0, isLoopback: isUnsigned) }
        if shared.clients == nil, shared.isLoopback { publicServer.refusing = ForeignPages.problem(ofHost:) }
        publicServer.answering = { [unowned self] in
            CrossOriginHeaders.origin(of: $0, by: origins).map(CrossOriginHeaders.answer)
        }
        publicServer.options = { [unowned self] in preflight($0, allow: $1, $2) }
        try publicServer.listen(on: publicSocket)
        try internalServer.listen(on: internalSocket)
        publicServer.tracer = shared.tracer
        self.publicServer = publicServer
        self.internalServer = internalServer
        setTimer(TimerKind.deadlines, Self.deadlineScanMilliseconds)
        guard index == 0 else { return }
        probeDispatcher()
        if let tls = shared.security.tls { publicCertificate = watch("public", tls) }
        if let tls = shared.security.tier.server { internalCertificate = watch("internal", tls) }
        if let clients = shared.clients, let url = clients.url {
            keyFetcher = KeyFetcher(clients, url: url, shared: shared, loop: loop)
            keyFetcher?.fetch()
        }
    }

    private func watch(_ listener: String, _ context: TLSContext) -> CertificateWatch {
        CertificateWatch(
            loop: loop, listener: listener, logger: shared.logger, registry: shared.metrics.registry, context)
    }

    private func reload(_ security: PublicWebSecurity) {
        origins = security.origins
        authenticator.set(secret: security.internalSecret)
        transport.replace(policy: security.tier.policy)
        if let tls = security.tls {
            publicServer?.replace(tls: tls)
            publicCertificate?.replace(tls)
        }
        if let tls = security.tier.server {
            internalServer?.replace(tls: tls)
            internalCertificate?.replace(tls)
        }
        keyFetcher?.replace(authorities: security.keyAuthorities)
    }

    var isDraining: Bool { drain != nil }

    private func setTimer(_ kind: Int, _ milliseconds: UInt64) {
        _ = loop.schedule(self, kind: kind, afterMilliseconds: milliseconds)
    }

    func timerFired(kind: Int) {
        switch kind {
        case TimerKind.deadlines:
            expireRequests()
            setTimer(TimerKind.deadlines, Self.deadlineScanMilliseconds)
        case TimerKind.probe: probeDispatcher()
        default: continueDrain()
        }
    }

    private func receive(_ message: LoopMessage) {
        switch message {
        case .dispatch(let body, let events, let origin, let wait):
            dispatchForPeer(body: body, events: events, origin: origin, wait: wait)
        case .dispatched(let wait, let refused): finishDispatch(wait, refused)
        case .adopt(let channel, let request): adopt(channel, request)
        case .ask(let query, let origin, let wait): answer(query, for: origin, wait)
        case .answered(let wait, let answer): finishQuery(wait, answer)
        case .halfClosed(let origin, let wait): halfClosed(origin, wait)
        case .abandoned(let origin, let wait): abandon(origin, wait)
        case .fetchKeys: keyFetcher?.begin()
        case .reload(let security): reload(security)
        case .drain(let spread): beginDrain(spreadMilliseconds: spread)
        case .stop: loop.stop()
        }
    }

    // MARK: Deadlines

    private func expireRequests() {
        let isSettling = !expired.isEmpty
        sessions.pending.expire(at: loop.now, into: &due)
        for request in due { expired.append(request) }
        due.removeAll(keepingCapacity: due.count <= 1024)
        if !isSettling { settleExpired() }
        sessions.expire(at: loop.now) { session, waiting in
            shared.metrics.sessionsLingeredOut.add()
            sessionGone(session, waiting: waiting)
        } overrun: { session in
            overrun(session)
        }
        endAbandonedSpans()
        countSessions()
    }

    /// Clients say when their requests expire: when all do at once, the rest waits for the others' turns.
    private func settleExpired() {
        for _ in 0..<Self.settledAtOnceMax {
            guard let request = expired.popFirst() else { return }
            guard let owner = owner(request.owner) else { continue }
            settle(request.request, of: owner, Problem(.deadlinePassed, "The event had no answer before its deadline."))
        }
        if !expired.isEmpty { loop.postpone { [weak self] in self?.settleExpired() } }
    }

    func exchange(_ handle: UInt64) -> EventsExchange? {
        handle & EventsExchange.handleBit == 0 ? nil : exchanges[handle & ~EventsExchange.handleBit]
    }

    func owner(_ handle: UInt64) -> (any RequestOwner)? { exchange(handle) ?? sessions[handle] }

    /// Ends an accepted request with its one error, unless it has ended already.
    func settle(_ request: PendingRequests.RequestID, of owner: any RequestOwner, _ problem: Problem) {
        guard let id = sessions.pending.id(of: request),
            let settled = sessions.pending.settle(request, list: &owner.pending)
        else { return }
        shared.metrics.eventsWaiting.add(-1)
        sessions.timelines.fail(
            sessions.pending.timeline(of: request), problem: problem.kind.rawValue, at: SystemClock.wallNanoseconds())
        let spans = takeSpans(of: request)
        if let spans {
            log(problem, spans)
            spans.answered(problem)
        }
        let traceID = spans?.context.traceIDText
        if let exchange = owner as? EventsExchange {
            sessions.pending.forget(request)
            exchange.fail(id: id, problem, traceID: traceID)
        } else if let session = owner as? Session {
            fail(session, settled, id, problem, traceID)
        }
    }

    private func fail(
        _ session: Session, _ settled: PendingRequests.Settled, _ id: [UInt8], _ problem: Problem, _ traceID: String?
    ) {
        let waiter = exchange(settled.waiter)
        if let waiter, !waiter.isHalfClosed {
            // After a passing failure the client may try again under the same id.
            if let event = waiter.fail(id: id, problem, traceID: traceID), !problem.kind.isPassing {
                keepReply(event, of: settled.request, in: session)
            } else {
                sessions.pending.forget(settled.request)
            }
            return
        }
        var raw: [UInt8] = []
        id.withUnsafeBytes { JSONWriter.appendStringBody($0, to: &raw) }
        raw.withUnsafeBytes {
            appendError(problem, cause: $0, ending: settled.request, traceID: traceID, to: session)
        }
        waiter?.fail(id: id, problem)
    }

    /// The request is answered, or its client gone: nobody waits for its answers any more.
    func forget(_ exchange: EventsExchange) {
        shared.metrics.eventsWaiting.add(-Int64(exchange.pending.count))
        sessions.pending.forgetAll(of: &exchange.pending)
        exchanges.remove(exchange.handle & ~EventsExchange.handleBit)
        guard let session = exchange.session?.handle else { return }
        exchangesOfSessions[session]?.remove(exchange.handle)
        if exchangesOfSessions[session]?.isEmpty == true { exchangesOfSessions[session] = nil }
    }

    // MARK: The dispatcher

    private func probeDispatcher() {
        let request = ClientRequest(.get, url: shared.dispatcherURL + "/livez", timeoutMilliseconds: 2000)
        transport.send(request) { [weak self] result in
            guard let self else { return }
            var reason: String?
            switch result {
            case .success(let response) where response.status == 200: break
            case .success(let response): reason = "the dispatcher at \(shared.dispatcherURL) answers \(response.status)"
            case .failure(let error): reason = "no dispatcher at \(shared.dispatcherURL): \(error.text)"
            }
            if shared.readiness.setDispatcher(unreachable: reason) {
                if let reason {
                    shared.logger.warning("not ready", ["reason": .string(reason)])
                } else {
                    shared.logger.info("ready", ["dispatcher": .string(shared.dispatcherURL)])
                }
            }
            setTimer(TimerKind.probe, reason == nil ? Self.probeMilliseconds : Self.probeMilliseconds / 10)
        }
    }

    // MARK: Drain

    private func beginDrain(spreadMilliseconds: UInt64) {
        guard drain == nil else { return }
        drain = DrainPlan(
            startedAt: loop.now, spreadMilliseconds: spreadMilliseconds, connections: max(connections.count, 1))
        publicServer?.drain()
        continueDrain()
    }

    /// Connections are asked to come back once their session's pending answers are out or the time for them is over. The
    /// internal listener goes last, as answers come in through it; and the loops stop together, as the kernel goes on
    /// giving each loop its share of the connections to it.
    private func continueDrain() {
        guard var plan = drain else { return }
        let elapsed = loop.now.milliseconds(since: plan.startedAt)
        let isOver = elapsed >= plan.spreadMilliseconds
        for connection in connections.all where isOver || connection.session.pending.count == 0 {
            connection.end(.goingAway(reconnectAfterMilliseconds: plan.nextSlotMilliseconds(random: random.next())))
        }
        drain = plan
        let isQuiet = connections.count == 0 && exchanges.count == 0 && publicServer?.isEmpty != false
        let isLate = elapsed >= plan.spreadMilliseconds + shared.limits.closeAnswerMilliseconds
        if isLate || isQuiet && shared.setDrained(loop: index) {
            for spans in requestSpans.all { spans.answered(Self.drainingProblem) }
            return loop.stop()
        }
        setTimer(TimerKind.stopping, 50)
    }
}
