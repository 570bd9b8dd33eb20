import Core

/// Whether a client reads what it is sent: by how much waits for it, and how long already.
public struct OutputWatch: Sendable {
    public enum Verdict: Equatable, Sendable { case reads, lags, tooSlow }

    private var laggingSince: UInt64 = .max

    public init() {}

    /// - Parameter waitingBytes: in the connection, and behind it in the session.
    public mutating func look(_ waitingBytes: Int, now: MonotonicInstant, _ limits: SessionLimits) -> Verdict {
        if waitingBytes > limits.outputHardBytesMax { return .tooSlow }
        guard waitingBytes > limits.outputSoftBytesMax else {
            laggingSince = .max
            return .reads
        }
        if laggingSince == .max { laggingSince = now.nanoseconds }
        let since = MonotonicInstant(nanoseconds: laggingSince)
        return now.milliseconds(since: since) >= limits.outputSoftMilliseconds ? .tooSlow : .lags
    }
}
