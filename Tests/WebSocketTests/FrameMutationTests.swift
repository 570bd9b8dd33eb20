import TestSupport
import Testing
import WebSocket

struct FrameMutationTests {
    private static let alphabet: [UInt8] = [
        0, 1, 2, 8, 9, 10, 0x80, 0x81, 0x82, 0x88, 0x89, 0xFE, 0xFF, 125, 126, 127, 0xC3, 0xE8,
    ]

    /// No input traps, and what is said of it doesn't depend on how it is cut.
    @Test(arguments: 0..<4, [WebSocketRole.server, .client])
    func survivesMutatedFrames(_ share: Int, _ role: WebSocketRole) {
        let corpus = (AcceptedFrames.all + RefusedFrames.all).map { $0.bytes(role) }.filter { $0.count < 200 }
        var mutator = Mutator(seed: 0x5745_4253 + UInt64(share), corpus: corpus, alphabet: Self.alphabet)
        for round in 0..<1000 {
            let (input, seed) = mutator.next()
            let whole = FrameTranscript.of(input, role, .whole, messageBytesMax: 100)
            let cutting: Cutting = round % 8 == 0 ? .byteByByte : .random(seed: seed)
            let cut = FrameTranscript.of(input, role, cutting, messageBytesMax: 100)
            guard whole != cut else { continue }
            Issue.record("\(input): \(whole) but \(cutting): \(cut)")
        }
    }
}
