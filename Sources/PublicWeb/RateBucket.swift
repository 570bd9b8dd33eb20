import Core

/// A token bucket: so many a second, and so many at once after a pause. What is taken may leave it in debt, so that a
/// batch larger than the bucket is not refused for ever: what comes behind it waits for longer.
struct RateBucket {
    private let perSecond: Double
    private let burst: Double
    private var level: Double
    private var filledAt: MonotonicInstant

    init(perSecond: Double, burst: Double, now: MonotonicInstant) {
        self.perSecond = perSecond
        self.burst = burst
        level = burst
        filledAt = now
    }

    /// False if it is empty; then nothing is taken.
    mutating func take(_ count: Int, now: MonotonicInstant) -> Bool {
        fill(now)
        guard level >= 1 else { return false }
        level -= Double(count)
        return true
    }

    mutating func isFull(now: MonotonicInstant) -> Bool {
        fill(now)
        return level >= burst
    }

    /// Until it gives something again.
    mutating func secondsToWait(now: MonotonicInstant) -> Int {
        fill(now)
        return max(1, Int(min((1 - level) / perSecond, 3600).rounded(.up)))
    }

    private mutating func fill(_ now: MonotonicInstant) {
        let seconds = Double(now.nanoseconds(since: filledAt)) / 1e9
        // Other loops' clocks may be a turn ahead.
        if now > filledAt { filledAt = now }
        level = min(burst, level + seconds * perSecond)
    }
}
