import HTTP1
import TestSupport
import Testing

struct RequestMutationTests {
    private static let corpus = (AcceptedRequests.all + RefusedRequests.all).map(\.bytes).filter { $0.count < 1024 }
    private static let alphabet = Array("\r\n\0 \t:;,*/?#%+0159aAfFxH\u{7F}é".utf8)

    /// No input traps, and what is said of it doesn't depend on how it is cut.
    @Test(arguments: 0..<4)
    func survivesMutatedRequests(_ share: Int) {
        var mutator = Mutator(seed: 0x4854_5450 + UInt64(share), corpus: Self.corpus, alphabet: Self.alphabet)
        let limits = HTTPLimits(requestLineBytesMax: 64, headerBytesMax: 160, headerCountMax: 6, bodyBytesMax: 24)
        for round in 0..<2000 {
            let (input, seed) = mutator.next()
            let whole = RequestTranscript.of(input, .whole, limits: limits)
            let cutting: Cutting = round % 8 == 0 ? .byteByByte : .random(seed: seed)
            let cut = RequestTranscript.of(input, cutting, limits: limits)
            guard whole != cut else { continue }
            Issue.record("\(String(decoding: input, as: UTF8.self).debugDescription): \(whole) but \(cutting): \(cut)")
        }
    }

    @Test(arguments: 0..<4)
    func survivesMutatedResponses(_ share: Int) {
        let corpus = ResponseHeadParserTests.corpus.map { Array($0.utf8) }
        var mutator = Mutator(seed: 0x5245_5350 + UInt64(share), corpus: corpus, alphabet: Self.alphabet)
        for _ in 0..<1500 {
            let (input, seed) = mutator.next()
            let whole = ResponseHeadParserTests.transcript(input, .whole)
            let cut = ResponseHeadParserTests.transcript(input, .random(seed: seed))
            guard whole != cut else { continue }
            Issue.record("\(String(decoding: input, as: UTF8.self).debugDescription): \(whole) but \(cut)")
        }
    }
}
