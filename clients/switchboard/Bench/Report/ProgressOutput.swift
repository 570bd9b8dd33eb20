import Core
import Glibc
import Program

/// The line on standard error that tells how a load goes: on a terminal one that is written over, elsewhere a few.
final class ProgressOutput {
    static let intervalMilliseconds: UInt64 = 1000
    private static let secondsBetweenLines: UInt64 = 5
    private static let complaintsMax = 8
    private static let clear = "\r\u{1B}[K"

    private let rewrites: Bool
    private var lastAt: UInt64
    private var isLineOpen = false
    private var complaints = 0

    init(rewrites: Bool = isatty(STDERR_FILENO) == 1, now: UInt64 = SystemClock.monotonic().nanoseconds) {
        self.rewrites = rewrites
        lastAt = now
    }

    func isDue(_ now: UInt64) -> Bool {
        // By the timers' grain early or late.
        rewrites || now - min(lastAt, now) >= Self.secondsBetweenLines * 1_000_000_000 - 100_000_000
    }

    func show(_ snapshot: ProgressSnapshot, now: UInt64) {
        var snapshot = snapshot
        snapshot.recentSeconds = Double(now - min(lastAt, now)) / 1e9
        lastAt = now
        StandardStreams.write((rewrites ? Self.clear : "") + snapshot.text + (rewrites ? "" : "\n"), toError: true)
        isLineOpen = rewrites
    }

    /// A few are enough to see what is wrong; ten thousand would hide it.
    func complain(_ text: String) {
        complaints += 1
        guard complaints <= Self.complaintsMax else { return }
        end()
        StandardStreams.write("switchboard: \(Printable.text(text))\n", toError: true)
    }

    func end() {
        if isLineOpen { StandardStreams.write(Self.clear, toError: true) }
        isLineOpen = false
    }
}
