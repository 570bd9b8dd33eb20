import Core

/// Somebody who was issued a token, as far as this process knows: what they use. From any thread.
final class Principal: Sendable {
    enum Verdict: Equatable, Sendable {
        case admitted
        case tooFast(retryAfterSeconds: Int)
        /// It goes on sending far above its rate.
        case abusive(retryAfterSeconds: Int)
    }

    private struct Usage: Sendable {
        var connections = 0
        /// With those that have lost their connection.
        var sessions = 0
        /// HTTP requests without an answer yet.
        var requests = 0
        var seenAt: MonotonicInstant
        var events: RateBucket?
        /// Those that were refused count, too.
        var attempts: RateBucket?
    }

    /// Issuer and subject.
    let name: [UInt8]
    private let usage: Mutex<Usage>

    init(name: [UInt8], limits: PrincipalLimits, now: MonotonicInstant) {
        self.name = name
        var usage = Usage(seenAt: now)
        if limits.eventsPerSecond > 0 {
            let (rate, burst) = (Double(limits.eventsPerSecond), Double(limits.eventsBurst))
            let factor = Double(PrincipalLimits.abuseFactor)
            usage.events = RateBucket(perSecond: rate, burst: burst, now: now)
            usage.attempts = RateBucket(perSecond: rate * factor, burst: burst * factor, now: now)
        }
        self.usage = Mutex(usage)
    }

    /// In seconds, after abuse.
    func attemptsWait(now: MonotonicInstant) -> Int { usage.withLock { $0.attempts?.secondsToWait(now: now) ?? 1 } }

    /// Takes one of its connections, to be given back. False if it has that many already.
    func connect(max: Int) -> Bool { take(\.connections, max) }

    func disconnect() { usage.withLock { $0.connections -= 1 } }

    var connections: Int { usage.withLock { $0.connections } }

    /// Takes one of its sessions, to be given back. False if it has that many already.
    func beginSession(max: Int) -> Bool { take(\.sessions, max) }

    func endSession() { usage.withLock { $0.sessions -= 1 } }

    /// Takes room for one request, to be given back. False if it has that many already.
    func beginRequest(max: Int) -> Bool { take(\.requests, max) }

    func endRequest() { usage.withLock { $0.requests -= 1 } }

    private func take(_ count: WritableKeyPath<Usage, Int>, _ max: Int) -> Bool {
        usage.withLock { usage in
            guard usage[keyPath: count] < max else { return false }
            usage[keyPath: count] += 1
            return true
        }
    }

    /// Counts a request, or a message that is no event. False if that is abuse.
    func attempt(now: MonotonicInstant) -> Bool {
        usage.withLock { $0.attempts?.take(1, now: now) ?? true }
    }

    /// Counts events that it sends. - Parameter attempts: so many of them are counted as attempts already.
    func admit(_ count: Int, attempts: Int = 0, now: MonotonicInstant) -> Verdict {
        usage.withLock { usage in
            if count > attempts, let isModerate = usage.attempts?.take(count - attempts, now: now), !isModerate {
                return .abusive(retryAfterSeconds: usage.attempts?.secondsToWait(now: now) ?? 1)
            }
            if let isInTime = usage.events?.take(count, now: now), !isInTime {
                return .tooFast(retryAfterSeconds: usage.events?.secondsToWait(now: now) ?? 1)
            }
            return .admitted
        }
    }

    func seen(now: MonotonicInstant) { usage.withLock { $0.seenAt = max($0.seenAt, now) } }

    /// Nothing would be lost with it.
    func isForgettable(now: MonotonicInstant, idleMilliseconds: UInt64) -> Bool {
        usage.withLock { usage in
            usage.connections == 0 && usage.sessions == 0 && usage.requests == 0
                && now.milliseconds(since: usage.seenAt) >= idleMilliseconds
                && usage.events?.isFull(now: now) != false && usage.attempts?.isFull(now: now) != false
        }
    }
}
