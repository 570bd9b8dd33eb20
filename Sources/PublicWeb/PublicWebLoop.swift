import CloudEvents
import Core
import HTTP1
import HTTPClient
import HTTPServer
import Reactor
import Sessions
import Telemetry
import Tiers

/// One event loop of public-web with the sessions and exchanges that live on it. Everything here belongs to the loop's
/// thread.
final class PublicWebLoop: TimerTarget {
    private enum TimerKind {
        static let deadlines = 0
        static let probe = 1
        static let stopping = 2
    }

    private static let deadlineScanMilliseconds: UInt64 = 50
    private static let probeMilliseconds: UInt64 = 1000
    private static let mailboxMessagesMax = 65_536

    let index: Int
    let shared: PublicWebShared
    let loop: EventLoop
    let transport: HTTPTransport
    let authenticator: InternalAuthenticator
    var sinks = Slab<any ReplySink>()
    var pending: PendingRequests
    var random = RandomSource()
    /// Where a message is put together before its length is known.
    var scratch: [UInt8] = []
    var dispatchWaits = Slab<DispatchWait>()
    var peers: [Mailbox<LoopMessage>] = []
    private(set) var mailbox: Mailbox<LoopMessage>
    private(set) var poster: CoalescingPoster<ForwardToken>
    private var publicServer: HTTPServer?
    private var internalServer: HTTPServer?
    private var expired: [PendingRequests.Expired] = []
    private var drain: DrainPlan?

    init(index: Int, shared: PublicWebShared, loop: EventLoop) {
        self.index = index
        self.shared = shared
        self.loop = loop
        transport = HTTPTransport(loop: loop)
        let authenticator = InternalAuthenticator(secret: shared.internalSecret)
        self.authenticator = authenticator
        pending = PendingRequests(requestsMax: shared.limits.pendingPerLoopMax, now: loop.now)
        weak var weakSelf: PublicWebLoop?
        mailbox = loop.makeMailbox(messagesMax: Self.mailboxMessagesMax) { weakSelf?.receive($0) }
        poster = CoalescingPoster(
            loop: loop, transport: transport, url: shared.dispatcherURL + "/events",
            sign: {
                authenticator.headerLine(
                    path: "/events", body: $0, wallNanoseconds: SystemClock.wallNanoseconds())
            },
            completion: { weakSelf?.forwarded($0, $1) })
        weakSelf = self
    }

    /// Listens, and starts what runs by time.
    func start(publicSocket: ListeningSocket, internalSocket: ListeningSocket) throws(SystemError) {
        let publicServer = HTTPServer(
            loop: loop, name: "public", limits: HTTPLimits(bodyBytesMax: shared.limits.messageBytesMax),
            router: publicRouter(), tls: shared.tls, budget: shared.budget, metrics: shared.metrics.registry)
        let internalServer = HTTPServer(
            loop: loop, name: "internal", limits: HTTPLimits(bodyBytesMax: shared.limits.internalBodyBytesMax),
            router: internalRouter(), tls: nil, budget: shared.budget, metrics: shared.metrics.registry)
        try publicServer.listen(on: publicSocket)
        try internalServer.listen(on: internalSocket)
        self.publicServer = publicServer
        self.internalServer = internalServer
        setTimer(TimerKind.deadlines, Self.deadlineScanMilliseconds)
        if index == 0 { probeDispatcher() }
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
        case .dispatch(let events, let indices, let origin, let wait):
            dispatchForPeer(events: events, indices: indices, origin: origin, wait: wait)
        case .dispatched(let wait, let refused): finishDispatch(wait, refused)
        case .drain(let spread): beginDrain(spreadMilliseconds: spread)
        case .stop: loop.stop()
        }
    }

    // MARK: Deadlines

    private func expireRequests() {
        pending.expire(at: loop.now, into: &expired)
        for request in expired {
            guard let sink = sinks[request.owner] else { continue }
            settle(request.request, of: sink, Problem(.deadlinePassed, "The event had no answer before its deadline."))
        }
        expired.removeAll(keepingCapacity: expired.count <= 1024)
    }

    /// Ends an accepted request with its one error, unless it has ended already.
    func settle(_ request: PendingRequests.RequestID, of sink: any ReplySink, _ problem: Problem) {
        guard let id = pending.settle(request, list: &sink.pending) else { return }
        shared.metrics.eventsWaiting.add(-1)
        shared.metrics.count(problem.kind)
        sink.fail(id: id, problem)
    }

    /// The sink is gone, and nobody waits for its answers.
    func forget(_ owner: UInt64, _ sink: any ReplySink) {
        shared.metrics.eventsWaiting.add(-Int64(sink.pending.count))
        pending.settleAll(of: &sink.pending)
        sinks.remove(owner)
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
        drain = DrainPlan(startedAt: loop.now, spreadMilliseconds: spreadMilliseconds)
        publicServer?.drain()
        continueDrain()
    }

    /// Sessions are asked to reconnect once their pending answers are out or the time for them is over. The internal
    /// listener goes last, as answers come in through it; and the loops stop together, as the kernel goes on giving each
    /// loop its share of the connections to it.
    private func continueDrain() {
        guard let plan = drain else { return }
        let isOver = loop.now.milliseconds(since: plan.startedAt) >= plan.spreadMilliseconds
        for sink in sinks.all {
            guard let session = sink as? WebSocketSession, isOver || session.pending.count == 0 else { continue }
            session.goAway(reconnectAfterMilliseconds: plan.slotMilliseconds(random: random.next()))
        }
        let isQuiet = sinks.count == 0 && publicServer?.isEmpty != false
        let isLate =
            loop.now.milliseconds(since: plan.startedAt) >= plan.spreadMilliseconds
            + shared.limits.closeAnswerMilliseconds
        if isLate || isQuiet && shared.setDrained(loop: index) { return loop.stop() }
        setTimer(TimerKind.stopping, 50)
    }
}
