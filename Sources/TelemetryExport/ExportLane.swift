import Core
import HTTPClient
import Reactor
import Telemetry

/// One signal of one tier on its way to the collector: a request at a time, repeated with backoff for as long as its
/// batch may take, then dropped. On the exporter's thread.
final class ExportLane: TimerTarget {
    private static let answerBytesMax = 64 * 1024
    private static let reasonCharactersMax = 200
    private static let retryAfterSecondsMax = 86_400

    private enum TimerKind: Int { case interval, backoff }

    /// A request that the collector has not yet answered for good.
    private struct Outgoing {
        let body: [UInt8]
        let count: Int
        let deadline: MonotonicInstant
        /// Made during a flush.
        let isLast: Bool
        var attempts = 0
    }

    private let signal: TelemetrySignal
    private let destination: TelemetryDestination
    private let timing: ExportTiming
    private let feed: any ExportFeed
    private let transport: HTTPTransport
    private let logger: Logger
    private unowned let loop: EventLoop
    private var outgoing: Outgoing?
    private var intervalTimer: EventLoop.Timer?
    private var backoffTimer: EventLoop.Timer?
    private var isFlushing = false
    /// Called when all of a flush is done.
    private var whenFlushed: () -> Void = {}
    private var random = RandomSource()
    private var complainedAt: MonotonicInstant?
    private var droppedWhenComplaining: UInt64 = 0
    /// Of the last loss that was not complained of yet.
    private var reason: String?

    init(
        signal: TelemetrySignal, destination: TelemetryDestination, timing: ExportTiming, feed: any ExportFeed,
        transport: HTTPTransport, logger: Logger, loop: EventLoop
    ) {
        self.signal = signal
        self.destination = destination
        self.timing = timing
        self.feed = feed
        self.transport = transport
        self.logger = logger
        self.loop = loop
    }

    func start() {
        intervalTimer = loop.schedule(
            self, kind: TimerKind.interval.rawValue, afterMilliseconds: UInt64(timing.intervalMilliseconds))
    }

    /// A batch may be full.
    func wake() { if feed.isBatchFull { export() } }

    /// Sends what there is, each request once: whoever waits for it wants to end.
    func flush(whenFlushed: @escaping () -> Void) {
        isFlushing = true
        self.whenFlushed = whenFlushed
        loop.cancel(&intervalTimer)
        if backoffTimer != nil {
            loop.cancel(&backoffTimer)
            send()
        } else {
            export()
        }
    }

    /// The time is over: what there still is is lost.
    func abandon() {
        isFlushing = true
        loop.cancel(&intervalTimer)
        loop.cancel(&backoffTimer)
        if let count = outgoing?.count { feed.settle(exported: 0, dropped: count) }
        outgoing = nil
        dropRest()
        complainIfDropped("no time was left to flush")
    }

    func timerFired(kind: Int) {
        if kind == TimerKind.backoff.rawValue {
            backoffTimer = nil
            send()
        } else {
            start()
            export()
            complainIfDropped(nil)
        }
    }

    private func export() {
        guard outgoing == nil else { return }
        guard let (body, count) = feed.next() else {
            if isFlushing { whenFlushed() }
            return
        }
        let deadline = loop.now.advanced(byMilliseconds: UInt64(timing.exportTimeoutMilliseconds))
        outgoing = Outgoing(body: body, count: count, deadline: deadline, isLast: isFlushing)
        send()
    }

    private func send() {
        guard var request = outgoing else { return }
        request.attempts += 1
        outgoing = request
        let left = Int(clamping: request.deadline.milliseconds(since: loop.now))
        let post = ClientRequest(
            .post, url: destination.url,
            headerLines: ["Content-Type: application/json"] + destination.headerLines, body: request.body,
            timeoutMilliseconds: max(1, min(destination.timeoutMilliseconds, left)),
            responseBytesMax: Self.answerBytesMax)
        transport.send(post) { [weak self] result in self?.finish(result) }
    }

    private func finish(_ result: Result<ClientResponse, ClientError>) {
        // After `abandon` nobody is interested any more.
        guard let request = outgoing else { return }
        switch result {
        case .success(let response) where (200..<300).contains(response.status):
            let partial = PartialSuccess(answer: response.body, signal: signal, of: request.count)
            let rejected = partial?.rejected ?? 0
            settle(exported: request.count - rejected, dropped: rejected, partial?.reason ?? "")
        case .success(let response) where [429, 502, 503, 504].contains(response.status):
            retry(request, "status \(response.status)", afterSeconds: response.retryAfterSeconds)
        case .success(let response):
            settle(exported: 0, dropped: request.count, "status \(response.status)")
        case .failure(.notTrusted(let reason)): settle(exported: 0, dropped: request.count, reason)
        case .failure(let error): retry(request, error.text, afterSeconds: nil)
        }
    }

    private func retry(_ request: Outgoing, _ reason: String, afterSeconds: Int?) {
        let doubled = timing.backoffMinMilliseconds << min(request.attempts - 1, 16)
        let backoff = UInt64(min(doubled, timing.backoffMaxMilliseconds))
        let jittered = backoff / 2 + random.next() % (backoff / 2 + 1)
        let asked = UInt64(min(max(afterSeconds ?? 0, 0), Self.retryAfterSecondsMax)) * 1000
        let wait = max(jittered, asked)
        guard !isFlushing, loop.now.advanced(byMilliseconds: wait) < request.deadline else {
            return settle(exported: 0, dropped: request.count, reason)
        }
        backoffTimer = loop.schedule(self, kind: TimerKind.backoff.rawValue, afterMilliseconds: wait)
    }

    private func settle(exported: Int, dropped: Int, _ reason: String) {
        let wasLast = outgoing?.isLast == true
        outgoing = nil
        feed.settle(exported: exported, dropped: dropped)
        // A flush goes on only with a collector that answers; of metrics there are always some, so they go once.
        if isFlushing, exported == 0 || (signal == .metrics && wasLast) {
            dropRest()
            complainIfDropped(reason)
            return whenFlushed()
        }
        complainIfDropped(dropped > 0 ? reason : nil)
        if isFlushing || feed.isBatchFull { export() }
    }

    private func dropRest() {
        guard signal != .metrics else { return }
        while let (_, count) = feed.next() { feed.settle(exported: 0, dropped: count) }
    }

    /// At most now and then: a collector that is away for days is one line a minute. - Parameter reason: nil if nothing
    /// was lost on the way; then it was for want of room.
    private func complainIfDropped(_ reason: String?) {
        self.reason = reason ?? self.reason
        let dropped = feed.dropped
        guard dropped > droppedWhenComplaining else { return }
        if let complainedAt, loop.now.milliseconds(since: complainedAt) < timing.complaintMilliseconds { return }
        let shown = self.reason ?? "the queue was full"
        logger.warning(
            "telemetry was dropped",
            [
                "signal": .string(signal.rawValue), "count": .integer(Int(clamping: dropped - droppedWhenComplaining)),
                "reason": .string(String(shown.prefix(Self.reasonCharactersMax))),
            ])
        complainedAt = loop.now
        droppedWhenComplaining = dropped
        self.reason = nil
    }
}
