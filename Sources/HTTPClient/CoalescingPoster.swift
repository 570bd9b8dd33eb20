import Core
import Reactor

/// Posts events to one destination. While the allowed number of POSTs is under way, what arrives waits and goes as one
/// batch with the next: an idle system never waits, a busy one pays for few requests.
///
/// A POST that fails (no connection, no answer, 5xx, or 409: taken for a repeated one) is repeated with backoff until the events' own time is over, so the
/// destination can see an event twice. It belongs to its loop's thread.
public final class CoalescingPoster<Token: PosterToken>: TimerTarget {
    public struct Limits: Sendable {
        public var postsInFlightMax = 4
        public var batchEventsMax = 1024
        public var batchBytesMax = 256 * 1024
        public var eventsWaitingMax = 65_536
        public var bytesWaitingMax = 64 * 1024 * 1024
        public var timeoutMilliseconds = 10_000
        public var backoffMinMilliseconds: UInt64 = 25
        public var backoffMaxMilliseconds: UInt64 = 1000
        public init() {}
    }

    private static var replayedStatus: Int { 409 }

    public let url: String
    public private(set) var eventsWaiting = 0
    public private(set) var bytesWaiting = 0
    public private(set) var postsInFlight = 0
    public private(set) var postsSent: UInt64 = 0
    public private(set) var eventsSent: UInt64 = 0
    public private(set) var failures: UInt64 = 0
    /// The last failure, while the destination can't be reached.
    public private(set) var failure: String?

    private unowned let loop: EventLoop
    private let transport: HTTPTransport
    private let limits: Limits
    private let sign: ((_ body: [UInt8]) -> String?)?
    /// Told when a batch goes out, each time it does.
    public var posting: ((_ tokens: [Token]) -> Void)?
    private let completion: (_ tokens: [Token], PostOutcome) -> Void
    private var waiting: [PostBatch<Token>] = []
    private var retries: [PostBatch<Token>] = []
    private var backoffMilliseconds: UInt64 = 0
    private var backoffTimer: EventLoop.Timer?
    private var isSendPending = false
    /// As many as the last batch had: so much room the next one takes at once.
    private var bytesExpected = 0
    private var random = RandomSource()

    /// - Parameters:
    ///   - sign: yields a header line that authenticates the body.
    ///   - completion: called once for every token that `append` accepted, in groups that shared a POST.
    public init(
        loop: EventLoop, transport: HTTPTransport, url: String, limits: Limits = Limits(),
        sign: ((_ body: [UInt8]) -> String?)?, completion: @escaping (_ tokens: [Token], PostOutcome) -> Void
    ) {
        self.loop = loop
        self.transport = transport
        self.url = url
        self.limits = limits
        self.sign = sign
        self.completion = completion
    }

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
        while postsInFlight < (failure == nil ? limits.postsInFlightMax : 1) {
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
        postsInFlight += 1
        postsSent += 1
        eventsSent += UInt64(batch.tokens.count)
        posting?(batch.tokens)
        let request = ClientRequest(
            .post, url: url, headerLines: headerLines, body: body, timeoutMilliseconds: limits.timeoutMilliseconds)
        bytesExpected = batch.bytes
        transport.send(request) { [weak self, batch] result in self?.finish(batch, result) }
    }

    private func finish(_ batch: PostBatch<Token>, _ result: Result<ClientResponse, ClientError>) {
        postsInFlight -= 1
        switch result {
        // A call that was made before, as curl repeats one whose connection has died: signed anew it is another.
        case .success(let response) where response.status < 500 && response.status != Self.replayedStatus:
            failure = nil
            backoffMilliseconds = 0
            completion(batch.tokens, .answered(response))
            sendSoon()
        case .success(let response): failed(batch, "\(url) answered with status \(response.status)")
        case .failure(let error): failed(batch, "\(url): \(error.text)")
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
        backoffTimer = loop.schedule(self, kind: 0, afterMilliseconds: backoffMilliseconds / 2 + jitter)
    }

    public func timerFired(kind: Int) {
        backoffTimer = nil
        expireWaiting()
        sendWaiting()
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
