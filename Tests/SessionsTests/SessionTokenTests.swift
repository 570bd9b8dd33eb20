import Core
import Sessions
import Testing

@Suite struct SessionTokenTests {
    private static let text = "0123456789abcdeffedcba98765432100000000000000001ffffffffffffffff"

    private func parse(_ bytes: [UInt8]) -> SessionToken? { bytes.withUnsafeBytes { SessionToken($0) } }

    @Test func aTokenIsWrittenAsItWasRead() throws {
        let token = try #require(parse(Array(Self.text.utf8)))
        #expect(token.instance == 0x0123_4567_89ab_cdef && token.handle == 0xfedc_ba98_7654_3210)
        var output: [UInt8] = []
        token.append(to: &output)
        #expect(output == Array(Self.text.utf8))
        #expect(output.count == SessionToken.textBytes)
    }

    /// Every length but the right one, and every place with every byte that is no digit.
    @Test func whatIsNoTokenIsRefused() {
        let good = Array(Self.text.utf8)
        for count in 0..<good.count { #expect(parse(Array(good.prefix(count))) == nil, "\(count) bytes") }
        #expect(parse(good + [0x30]) == nil)
        let digits = Set("0123456789abcdefABCDEF".utf8)
        var taken: [String] = []
        for place in good.indices {
            for byte in UInt8.min...UInt8.max where !digits.contains(byte) {
                var bad = good
                bad[place] = byte
                if parse(bad) != nil { taken.append("\(byte) in place \(place)") }
            }
        }
        #expect(taken.isEmpty)
    }

    /// Every part counts, to the last bit.
    @Test func onlyTheWholeTokenOpensTheSession() {
        let secret = SessionToken.Secret(high: 5, low: 6)
        let table = SessionTable(limits: SessionLimits(), instance: 7, now: TestTable.start)
        let opening = table.open(SessionWish(), connection: 1, secret: secret, now: TestTable.start) { .text([0x61]) }
        guard case .opened(let session, _) = opening else {
            Issue.record("\(opening)")
            return
        }
        var text: [UInt8] = []
        table.token(of: session).append(to: &text)
        for bit in 0..<256 {
            var words: [UInt64] = (0..<4).map { word in
                Array(text[word * 16..<word * 16 + 16]).withUnsafeBytes { Hexadecimal.number($0) ?? 0 }
            }
            words[bit / 64] ^= 1 << UInt64(bit % 64)
            let wrong = SessionToken(
                instance: words[0], handle: words[1], secret: SessionToken.Secret(high: words[2], low: words[3]))
            let wish = SessionWish(token: wrong)
            let other = table.open(wish, connection: 2, secret: TestTable.secret, now: TestTable.start) {
                .text(Array("other-\(bit)".utf8))
            }
            guard case .opened(let opened, let details) = other else {
                Issue.record("bit \(bit): \(other)")
                continue
            }
            #expect(opened !== session && !details.isResumed, "bit \(bit)")
        }
        #expect(session.connection == 1)
    }
}
