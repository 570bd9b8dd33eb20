/// How an input is cut before it is fed to a decoder.
public enum Cutting: Sendable, CustomStringConvertible {
    case whole
    case byteByByte
    case random(seed: UInt64)

    /// Those that every table is run with.
    public static let all: [Cutting] = [.whole, .byteByByte] + (1...6).map { .random(seed: $0) }

    public var description: String {
        switch self {
        case .whole: "whole"
        case .byteByByte: "byte by byte"
        case .random(let seed): "cut at random, seed \(seed)"
        }
    }

    /// Lengths that add up to `count`; never empty, so that a decoder is always asked.
    public func pieces(of count: Int) -> [Int] {
        switch self {
        case .whole: return [count]
        case .byteByByte: return count == 0 ? [0] : [Int](repeating: 1, count: count)
        case .random(let seed):
            var random = SeededRandom(seed: seed)
            var pieces: [Int] = []
            var left = count
            let pieceMax = Int.random(in: 1...40, using: &random)
            while left > 0 {
                let piece = Int.random(in: 0...min(left, pieceMax), using: &random)
                pieces.append(piece)
                left -= piece
            }
            return pieces.isEmpty ? [0] : pieces
        }
    }
}
