import TestSupport

/// All chance of one world: what its seed repeats.
final class Dice {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    func next() -> UInt64 { random.next() }

    /// 0 ..< bound; 0 for an empty range.
    func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(random.next() % UInt64(bound)) }

    func between(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    func chance(_ percent: Int) -> Bool { below(100) < percent }

    func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}
