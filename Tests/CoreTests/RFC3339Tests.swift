import Core
import Testing

private func parse(_ text: String) -> UInt64? { Array(text.utf8).withUnsafeBytes { RFC3339.parse($0) } }

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:01z", 1_000_000_000),
            ("2000-02-29T12:00:00.5Z", 951_825_600_500_000_000),
            ("2026-11-24T01:02:03.123456Z", 1_795_482_123_123_456_000),
            ("2026-11-24T02:02:03.123456789+01:00", 1_795_482_123_123_456_789),
            ("2026-11-23T20:02:03-05:00", 1_795_482_123_000_000_000),
            ("2026-12-31T23:59:60Z", 1_798_761_600_000_000_000),
        ] as [(String, UInt64)])
    func reads(text: String, nanoseconds: UInt64) { #expect(parse(text) == nanoseconds) }

    @Test(arguments: [
        "", "now", "2026-11-24", "2026-11-24T01:02:03", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00ZZ", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2026-01-01 00:00:00Z",
        "20a6-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567890123456789012345678901234567890123456Z",
    ])
    func refuses(text: String) { #expect(parse(text) == nil) }

    @Test func everyDayReadsBackAsWritten() {
        for day in stride(from: UInt64(0), to: 200_000, by: 1) {
            let nanoseconds = day * 86_400_000_000_000 + 45_296_123_456_000
            #expect(parse(RFC3339.text(wallNanoseconds: nanoseconds)) == nanoseconds)
        }
    }
}
