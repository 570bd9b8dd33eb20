import TestSupport
import Testing
import WebSocket

struct FrameEncoderTests {
    private func encode(
        _ opcode: Opcode, _ payload: [UInt8], mask: UInt32? = nil, isFinal: Bool = true
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        payload.withUnsafeBytes { FrameEncoder.append(opcode, payload: $0, mask: mask, isFinal: isFinal, to: &bytes) }
        return bytes
    }

    /// The examples of RFC 6455 §5.7.
    @Test
    func writesTheExamples() {
        let hello = Array("Hello".utf8)
        let mask = UInt32(bigEndian: 0x37FA_213D)
        #expect(encode(.text, hello) == [0x81, 5] + hello)
        #expect(encode(.text, hello, mask: mask) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(encode(.text, Array("Hel".utf8), isFinal: false) == [1, 3, 0x48, 0x65, 0x6C])
        #expect(encode(.continuation, Array("lo".utf8)) == [0x80, 2, 0x6C, 0x6F])
        #expect(encode(.ping, hello) == [0x89, 5] + hello)
        #expect(encode(.binary, .init(repeating: 0, count: 256)).prefix(4) == [0x82, 0x7E, 1, 0])
        #expect(encode(.binary, .init(repeating: 0, count: 65_536)).prefix(10) == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536], [nil, 0, 0x1234_5678, UInt32.max])
    func writesWhatTheDecoderReads(_ count: Int, _ mask: UInt32?) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let role: WebSocketRole = mask == nil ? .client : .server
        let whole = encode(.binary, payload, mask: mask)
        let fragments =
            encode(.binary, Array(payload[..<(count / 3)]), mask: mask, isFinal: false)
            + encode(.continuation, Array(payload[(count / 3)...]), mask: mask)
        let expected = ["binary " + FrameTranscript.shown(payload)]
        for cutting in [Cutting.whole, .random(seed: 5)] {
            #expect(FrameTranscript.of(whole, role, cutting) == expected)
            #expect(FrameTranscript.of(fragments, role, cutting) == expected)
        }
    }

    @Test(arguments: [0, 125, 126, 65_535, 65_536])
    func writesHeadersAlone(_ count: Int) {
        var bytes: [UInt8] = [0xAA]
        FrameEncoder.appendHeader(.text, payloadBytes: count, to: &bytes)
        let payload = [UInt8](repeating: 0x61, count: count)
        #expect(bytes + payload == [0xAA] + encode(.text, payload))
    }

    @Test(arguments: [
        ("", 2), ("bye", 5), (String(repeating: "x", count: 200), 125), (String(repeating: "ü", count: 62), 124),
        ("x" + String(repeating: "ü", count: 61), 125), (String(repeating: "x", count: 121) + "😀", 123),
        ("e" + String(repeating: "\u{301}", count: 200), 125 - 0),
    ])
    func cutsCloseReasonsBetweenCharacters(_ reason: String, _ payloadBytes: Int) {
        var bytes: [UInt8] = []
        FrameEncoder.appendClose(.goingAway, reason: reason, to: &bytes)
        #expect(bytes.count == 2 + payloadBytes)
        let said = FrameTranscript.of(bytes, .client, .whole)
        #expect(said.count == 1 && said[0].hasPrefix("close 1001 "), "\(said)")
    }

    @Test
    func writesEmptyCloses() {
        var bytes: [UInt8] = []
        FrameEncoder.appendClose(nil, reason: "unheard", mask: 7, to: &bytes)
        #expect(bytes.prefix(2) == [0x88, 0x80])
        #expect(FrameTranscript.of(bytes, .server, .byteByByte) == ["close "])
    }

    @Test
    func everyErrorHasACodeAndAReasonThatFit() {
        for error in WebSocketError.allCases {
            #expect(error.closeCode.isValidOnWire)
            #expect(error.reason.utf8.count <= 123)
        }
        #expect(Set(WebSocketError.allCases.map(\.reason)).count == WebSocketError.allCases.count)
        #expect(WebSocketError.messageTooBig.closeCode == .messageTooBig)
        #expect(WebSocketError.invalidUTF8.closeCode == .invalidPayload)
        #expect(WebSocketError.badCloseCode.closeCode == .protocolError)
    }
}
