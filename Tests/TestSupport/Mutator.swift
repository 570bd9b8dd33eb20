/// Changes an input here and there, by a seed.
public struct Mutator {
    private var random: SeededRandom
    private let corpus: [[UInt8]]
    /// Bytes that mean something to the decoder under test.
    private let alphabet: [UInt8]

    public init(seed: UInt64, corpus: [[UInt8]], alphabet: [UInt8]) {
        random = SeededRandom(seed: seed)
        self.corpus = corpus.filter { !$0.isEmpty }
        self.alphabet = alphabet
    }

    public mutating func next() -> (input: [UInt8], seed: UInt64) {
        guard var input = corpus.randomElement(using: &random) else { return ([], 0) }
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&input) }
        return (input, random.next())
    }

    private mutating func mutate(_ input: inout [UInt8]) {
        let at = Int.random(in: 0...input.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where at < input.count: input[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where at < input.count: input[at] = alphabet.randomElement(using: &random) ?? 0
        case 2: input.insert(alphabet.randomElement(using: &random) ?? 0, at: at)
        case 3 where at < input.count: input.remove(at: at)
        case 4: input.removeSubrange(at..<min(at + Int.random(in: 0...16, using: &random), input.count))
        case 5: input += corpus.randomElement(using: &random) ?? []
        default:
            let piece = input[at..<min(at + Int.random(in: 0...24, using: &random), input.count)]
            input.insert(contentsOf: piece, at: at)
        }
    }
}
