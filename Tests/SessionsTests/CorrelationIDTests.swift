import Core
import Sessions
import Testing

@Suite struct CorrelationIDTests {
    private static let uuid = "0198f3a0-1b2c-7d3e-8f40-5a6b7c8d9eaf"

    @Test(arguments: [
        "a", "Z", "0", "-._~:", "my-phone:2", uuid, uuid.uppercased(), String(repeating: "x", count: 128),
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000",
        // As long as a UUID, or nearly one.
        "0198f3a0-1b2c-7d3e-8f40-5a6b7c8d9ea", "0198f3a0-1b2c-7d3e-8f40-5a6b7c8d9eaf0",
        "0198f3a0-1b2c-7d3e-8f40-5a6b7c8d9eag", "0198f3a01b2c-7d3e--8f40-5a6b7c8d9eaf",
        String(repeating: "-", count: 36),
    ])
    func anIDIsWrittenAsItWasRead(text: String) throws {
        let id = try #require(CorrelationID(text))
        #expect(id.text == text)
        #expect(id.bytes == Array(text.utf8))
        #expect(CorrelationID(id.text) == id)
    }

    @Test(arguments: ["", String(repeating: "x", count: 129), "a b", "a/b", "ä", "a\0", "%41", "a\n", "{}", "a,b", "@"])
    func whatIsNoIDIsRefused(text: String) {
        #expect(CorrelationID(text) == nil)
    }

    @Test func everyByteIsJudgedAsTheProtocolSays() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:".utf8)
        for byte in UInt8.min...UInt8.max {
            let id = [byte].withUnsafeBytes { CorrelationID($0) }
            #expect((id != nil) == allowed.contains(byte), "\(byte)")
        }
    }

    /// Two texts are two sessions, even if a UUID's case alone tells them apart.
    @Test func onlyTheCanonicalFormIsKeptAsANumber() throws {
        let lower = try #require(CorrelationID(Self.uuid))
        let upper = try #require(CorrelationID(Self.uuid.uppercased()))
        #expect(lower != upper)
        #expect(lower == .uuid(high: 0x0198_f3a0_1b2c_7d3e, low: 0x8f40_5a6b_7c8d_9eaf))
        guard case .text = upper else {
            Issue.record("an upper-case UUID is kept as a number")
            return
        }
    }

    @Test func aMadeIDIsTheSameAsItsText() {
        var random = RandomSource()
        for _ in 0..<100 {
            let uuid = UUIDv7(wallNanoseconds: random.next(), random: &random)
            #expect(CorrelationID(uuid) == CorrelationID(uuid.text))
            #expect(CorrelationID(uuid).text == uuid.text)
        }
    }
}
