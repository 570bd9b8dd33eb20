import Core
import Reactor

/// Posts events to one destination. While the allowed number of POSTs is under way, what arrives waits and goes as one
/// batch with the next: an idle system never waits, a busy one pays for few requests.
///
/// A POST that fails (no connection, no answer, 5xx, or 409: taken for a repeated one) is repeated with backoff until the
/// events' own time is over, so the destination can see an event twice. It belongs to its loop's thread.
///
/// A connection can be dead without anybody saying so. A POST without an answer for a while has *stalled*: it makes room for
/// another, on a new connection, at first for as many as are allowed at all, then for one at a time, so that there are no
/// more of them than a timeout has of these whiles. When one that was begun later is answered, and they are not soon after,
/// the destination is well and their connections are not: they are given up and repeated. A batch is so only once, as the
/// destination may just take its time.
public final class CoalescingPoster<Token: PosterToken>: TimerTarget {
    public struct Limits: Sendable {
        public var postsInFlightMax = 4
        public var batchEventsMax = 1024
        public var batchBytesMax = 256 * 1024
        public var eventsWaitingMax = 65_536
        public var bytesWaitingMax = 64 * 1024 * 1024
        public var timeoutMilliseconds = 10_000
        public var stallMilliseconds: UInt64 = 1000
        /// Answers to several POSTs that come at the same time are not read in the order of the POSTs.
        public var moveMilliseconds: UInt64 = 100
        public var backoffMinMilliseconds: UInt64 = 25
        public var backoffMaxMilliseconds: UInt64 = 1000
        public init() {}
    }

    private static var replayedStatus: Int { 409 }

    public let url: String
    public private(set) var eventsWaiting = 0
    public private(set) var bytesWaiting = 0
    public private(set) var postsStalled = 0
    public private(set) var postsMoved: UInt64 = 0
    public private(set) var postsSent: UInt64 = 0
    public private(set) var eventsSent: UInt64 = 0
    public private(set) var failures: UInt64 = 0
    /// The last failure, while the destination can't be reached.
    public private(set) var failure: String?

    private struct UnderWay {
        let number: UInt64
        var batch: PostBatch<Token>
        let sent: HTTPTransport.Sent
        let stallsAt: MonotonicInstant
        var isStalled = false
    }

    private enum TimerKind: Int { case backoff, stall, move }

    private unowned let loop: EventLoop
    private let transport: any RequestTransport
    private let limits: Limits
    private let sign: ((_ body: [UInt8]) -> String?)?
    /// Told when a batch goes out, each time it does.
    public var posting: ((_ tokens: [Token]) -> Void)?
    private let completion: (_ tokens: [Token], PostOutcome) -> Void
    /// In the order of their beginning.
    private var underWay: [UnderWay] = []
    private var waiting: [PostBatch<Token>] = []
    private var retries: [PostBatch<Token>] = []
    private var backoffMilliseconds: UInt64 = 0
    private var backoffTimer: EventLoop.Timer?
    private var stallTimer: EventLoop.Timer?
    private var moveTimer: EventLoop.Timer?
    /// Of the last begun of the POSTs that were answered.
    private var numberAnswered: UInt64 = 0
    private var isSendPending = false
    /// As many as the last batch had: so much room the next one takes at once.
    private var bytesExpected = 0
    private var random = RandomSource()

    /// - Parameters:
    ///   - sign: yields a header line that authenticates the body.
    ///   - completion: called once for every token that `append` accepted, in groups that shared a POST.
    public init(
        loop: EventLoop, transport: any RequestTransport, url: String, limits: Limits = Limits(),
        sign: ((_ body: [UInt8]) -> String?)?, completion: @escaping (_ tokens: [Token], PostOutcome) -> Void
    ) {
        self.loop = loop
        self.transport = transport
        self.url = url
        self.limits = limits
        self.sign = sign
        self.completion = completion
    }

    public var postsInFlight: Int { underWay.count }

    public var isIdle: Bool { eventsWaiting == 0 && postsInFlight == 0 && retries.isEmpty }

    /// Takes an event, which `write` appends as JSON. False if too much waits already; then nothing was taken.
    public func append(_ token: Token, _ write: (inout [UInt8]) -> Void) -> Bool {
        guard eventsWaiting < limits.eventsWaitingMax, bytesWaiting < limits.bytesWaitingMax else { return false }
        if let last = waiting.last, last.tokens.count < limits.batchEventsMax, last.bytes < limits.batchBytesMax {
        } else {
            waiting.append(PostBatch(bytesExpected: bytesExpected))
        }
        let index = waiting.count - 1
        let before = waiting[index].bytes
        waiting[index].append(token, write)
        bytesWaiting += waiting[index].bytes - before
        eventsWaiting += 1
        sendSoon()
        return true
    }

    /// Gives up the newest of those that are not under way, as `unavailable`: somebody else needs the room that they take.
    public func giveUp(newest count: Int) {
        var given: [Token] = []
        while given.count < count, let index = waiting.indices.last {
            let before = waiting[index].bytes
            let removed = waiting[index].removeLast(count - given.count)
            eventsWaiting -= removed.count
            bytesWaiting -= before - waiting[index].bytes
            if waiting[index].tokens.isEmpty { waiting.removeLast() }
            given += removed
        }
        while given.count < count, let index = retries.indices.last {
            given += retries[index].removeLast(count - given.count)
            if retries[index].tokens.isEmpty { retries.removeLast() }
        }
        if !given.isEmpty { completion(given, .unavailable(failure ?? "unavailable")) }
    }

    private func sendSoon() {
        guard !isSendPending, backoffTimer == nil else { return }
        isSendPending = true
        loop.defer { [weak self] in
            self?.isSendPending = false
            self?.sendWaiting()
        }
    }

    private func sendWaiting() {
        guard backoffTimer == nil else { return }
        while postsInFlight - postsStalled < postsAllowed {
            if !retries.isEmpty {
                post(retries.removeFirst())
            } else if !waiting.isEmpty {
                let batch = waiting.removeFirst()
                eventsWaiting -= batch.tokens.count
                bytesWaiting -= batch.bytes - 1
                post(batch)
            } else {
                return
            }
        }
    }

    /// Besides those that have stalled.
    private var postsAllowed: Int {
        failure == nil && postsStalled < limits.postsInFlightMax ? limits.postsInFlightMax : 1
    }

    private func post(_ taken: consuming PostBatch<Token>) {
        var batch = taken
        let expired = batch.removeExpired(at: loop.now)
        if !expired.isEmpty {
            completion(expired, .unavailable(failure ?? "its time was over before it could be sent"))
        }
        guard !batch.tokens.isEmpty else { return }
        batch.close()
        let body = batch.body
        var headerLines = ["Content-Type: application/cloudevents-batch+json"]
        if let line = sign?(body) { headerLines.append(line) }
        postsSent += 1
        eventsSent += UInt64(batch.tokens.count)
        posting?(batch.tokens)
        var request = ClientRequest(
            .post, url: url, headerLines: headerLines, body: body, timeoutMilliseconds: limits.timeoutMilliseconds)
        request.usesNewConnection = postsStalled > 0 || batch.hasLostConnection
        bytesExpected = batch.bytes
        let number = postsSent
        let sent = transport.send(request) { [weak self] result in self?.finish(number, result) }
        underWay.append(
            UnderWay(
                number: number, batch: batch, sent: sent,
                stallsAt: loop.now.advanced(byMilliseconds: limits.stallMilliseconds)))
        setStallTimer()
    }

    private func setStallTimer() {
        guard stallTimer == nil, let next = underWay.first(where: { !$0.isStalled }) else { return }
        stallTimer = loop.schedule(
            self, kind: TimerKind.stall.rawValue, afterMilliseconds: next.stallsAt.milliseconds(since: loop.now) + 1)
    }

    private func noticeStalled() {
        for index in underWay.indices where !underWay[index].isStalled && underWay[index].stallsAt <= loop.now {
            underWay[index].isStalled = true
            postsStalled += 1
        }
        setStallTimer()
        sendSoon()
    }

    private func take(at index: Int) -> PostBatch<Token> {
        let post = underWay.remove(at: index)
        if post.isStalled { postsStalled -= 1 }
        return post.batch
    }

    private func answered(_ number: UInt64) {
        numberAnswered = max(numberAnswered, number)
        guard postsStalled > 0, moveTimer == nil else { return }
        moveTimer = loop.schedule(self, kind: TimerKind.move.rawValue, afterMilliseconds: limits.moveMilliseconds)
    }

    /// Those that have stalled although one that was begun later has been answered.
    private func moveStalled() {
        for index in underWay.indices.reversed() {
            let post = underWay[index]
            guard post.isStalled, !post.batch.wasMoved, post.number < numberAnswered else { continue }
            transport.abandon(post.sent)
            var batch = take(at: index)
            batch.wasMoved = true
            batch.hasLostConnection = true
            postsMoved += 1
            retries.insert(batch, at: 0)
        }
        sendSoon()
    }

    private func finish(_ number: UInt64, _ result: Result<ClientResponse, ClientError>) {
        guard let index = underWay.firstIndex(where: { $0.number == number }) else { return }
        let batch = take(at: index)
        switch result {
        // A call that was made before, as curl repeats one whose connection has died: signed anew it is another.
        case .success(let response) where response.status < 500 && response.status != Self.replayedStatus:
            failure = nil
            backoffMilliseconds = 0
            answered(number)
            completion(batch.tokens, .answered(response))
            sendSoon()
        case .success(let response): failed(batch, "\(url) answered with status \(response.status)")
        case .failure(let error):
            var batch = batch
            batch.hasLostConnection = true
            failed(batch, "\(url): \(error.text)")
        }
    }

    private func failed(_ batch: PostBatch<Token>, _ reason: String) {
        failures += 1
        failure = reason
        retries.append(batch)
        guard backoffTimer == nil else { return }
        backoffMilliseconds = min(
            max(backoffMilliseconds * 2, limits.backoffMinMilliseconds), limits.backoffMaxMilliseconds)
        let jitter = random.next() % (backoffMilliseconds / 2 + 1)
        backoffTimer = loop.schedule(
            self, kind: TimerKind.backoff.rawValue, afterMilliseconds: backoffMilliseconds / 2 + jitter)
    }

    public func timerFired(kind: Int) {
        switch TimerKind(rawValue: kind) {
        case .stall:
            stallTimer = nil
            noticeStalled()
        case .move:
            moveTimer = nil
            moveStalled()
        case .backoff, nil:
            backoffTimer = nil
            expireWaiting()
            sendWaiting()
        }
    }

    private func expireWaiting() {
        let reason = failure ?? "unavailable"
        for index in retries.indices {
            let expired = retries[index].removeExpired(at: loop.now)
            if !expired.isEmpty { completion(expired, .unavailable(reason)) }
        }
        retries.removeAll { $0.tokens.isEmpty }
        for index in waiting.indices {
            let before = waiting[index].bytes
            let expired = waiting[index].removeExpired(at: loop.now)
            guard !expired.isEmpty else { continue }
            eventsWaiting -= expired.count
            bytesWaiting -= before - waiting[index].bytes
            completion(expired, .unavailable(reason))
        }
        waiting.removeAll { $0.tokens.isEmpty }
    }
}
