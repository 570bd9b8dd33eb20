import TestSupport
import Testing
import WebSocket

struct WebSocketDecoderTests {
    private static let roles: [WebSocketRole] = [.server, .client]

    @Test(arguments: AcceptedFrames.all + RefusedFrames.all, roles)
    func saysWhatFramesAre(_ given: FrameCase, _ role: WebSocketRole) {
        let input = given.bytes(role)
        // Long ones byte by byte would take a minute.
        for cutting in Cutting.all where input.count < 2048 || cutting.isQuick {
            #expect(FrameTranscript.of(input, role, cutting) == given.transcript, "\(cutting)")
        }
    }

    @Test(arguments: AcceptedFrames.all, roles)
    func leavesTrailingBytesToTheNextFrame(_ given: FrameCase, _ role: WebSocketRole) {
        let isOpen = !given.transcript.contains { $0.hasPrefix("close") || $0 == "waiting" }
        guard isOpen else { return }
        let trailing = FrameCase(given.name, given.frames + [.text("next"), .close(1000)])
        for cutting in Cutting.all where trailing.bytes(role).count < 2048 || cutting.isQuick {
            let said = FrameTranscript.of(trailing.bytes(role), role, cutting)
            #expect(said == given.transcript + ["text next", "close 1000 "], "\(cutting)")
        }
    }

    @Test
    func insistsOnMasksFromClientsOnly() {
        for cutting in Cutting.all {
            let masked = TestFrame.text("a").encoded(mask: [1, 2, 3, 4])
            let unmasked = TestFrame.text("a").encoded(mask: nil)
            #expect(FrameTranscript.of(masked, .client, cutting) == ["error maskNotAllowed"])
            #expect(FrameTranscript.of(unmasked, .server, cutting) == ["error maskMissing"])
        }
    }

    @Test
    func acceptsAMaskOfZeros() {
        let input = TestFrame.text("grüß dich").encoded(mask: [0, 0, 0, 0])
        let broken = TestFrame.bytes(1, [0xFF]).encoded(mask: [0, 0, 0, 0])
        for cutting in Cutting.all {
            #expect(FrameTranscript.of(input, .server, cutting) == ["text grüß dich"])
            #expect(FrameTranscript.of(broken, .server, cutting) == ["error invalidUTF8"])
        }
    }

    @Test(arguments: [(5, ["text abcde"]), (4, ["error messageTooBig"]), (-1, ["error messageTooBig"])])
    func limitsMessages(_ limit: Int, _ expected: [String]) {
        let whole = FrameCase("", [.text("abcde")]).bytes(.server)
        let fragments = FrameCase("", [.text("ab", isFinal: false), .more("cde")]).bytes(.server)
        for cutting in Cutting.all {
            #expect(FrameTranscript.of(whole, .server, cutting, messageBytesMax: limit) == expected)
            #expect(FrameTranscript.of(fragments, .server, cutting, messageBytesMax: limit) == expected)
        }
    }

    /// Autobahn 6.4: the byte that can't be right ends it, though the frame, or the message, goes on.
    @Test(arguments: [true, false])
    func failsAtTheFirstWrongByte(_ isFinal: Bool) throws {
        let greeting = Array("κόσμε".utf8)
        let payload = greeting + [0xF4, 0x90] + [UInt8](repeating: 0x61, count: 40)
        let bytes = TestFrame.bytes(1, payload, isFinal: isFinal).encoded(mask: [9, 8, 7, 6])
        let wrongAt = 6 + greeting.count + 1
        var decoder = WebSocketDecoder(role: .server, messageBytesMax: 1000)
        var good = Array(bytes[..<wrongAt])
        var consumed = 0
        let isWaiting = try good.withUnsafeMutableBytes {
            if case .needMoreData = try decoder.next($0, consumed: &consumed) { return true } else { return false }
        }
        #expect(isWaiting)
        #expect(consumed == wrongAt)
        var wrong = [bytes[wrongAt]]
        for _ in 0..<2 {
            #expect(throws: WebSocketError.invalidUTF8) {
                try wrong.withUnsafeMutableBytes { _ = try decoder.next($0, consumed: &consumed) }
            }
        }
    }

    /// An idle connection must cost next to nothing, and a message is handed out where it came.
    @Test
    func ownsNothingForWholeFrames() throws {
        #expect(MemoryLayout<WebSocketDecoder>.size <= 32)
        var decoder = WebSocketDecoder(role: .server, messageBytesMax: 1000)
        var bytes = TestFrame.text("hello").encoded(mask: [1, 2, 3, 4])
        let isInPlace = try bytes.withUnsafeMutableBytes { bytes in
            var consumed = 0
            guard case .text(let text) = try decoder.next(bytes, consumed: &consumed) else { return false }
            return text.baseAddress == bytes.baseAddress.map { UnsafeRawPointer($0 + 6) }
        }
        #expect(isInPlace)
    }
}

extension Cutting {
    fileprivate var isQuick: Bool {
        if case .byteByByte = self { return false }
        return true
    }
}
