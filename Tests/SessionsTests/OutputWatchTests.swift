import Sessions
import Testing

@Suite struct OutputWatchTests {
    private static let limits: SessionLimits = {
        var limits = SessionLimits()
        limits.outputSoftBytesMax = 100
        limits.outputHardBytesMax = 1000
        limits.outputSoftMilliseconds = 50
        return limits
    }()

    /// Looks at so many bytes at so many milliseconds, each with its verdict.
    private static let cases: [[(bytes: Int, at: UInt64, verdict: OutputWatch.Verdict)]] = [
        [(0, 0, .reads), (100, 1000, .reads)],
        [(101, 0, .lags), (1000, 49, .lags), (101, 50, .tooSlow)],
        [(1001, 0, .tooSlow)],
        // Once it has read, its time begins anew.
        [(101, 0, .lags), (100, 49, .reads), (101, 50, .lags), (101, 99, .lags), (101, 100, .tooSlow)],
        [(101, 0, .lags), (1001, 1, .tooSlow)],
    ]

    @Test(arguments: cases.indices)
    func aClientIsTooSlowByBytesOrByTime(index: Int) {
        var watch = OutputWatch()
        for look in Self.cases[index] {
            let verdict = watch.look(look.bytes, now: TestTable.at(look.at), Self.limits)
            #expect(verdict == look.verdict, "\(look)")
        }
    }
}
