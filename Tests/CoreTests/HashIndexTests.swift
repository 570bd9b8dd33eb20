import Core
import TestSupport
import Testing

@Suite struct HashIndexTests {
    enum Hashing: CaseIterable {
        case spread
        /// All elements in one place, or in few, also at the end of the table.
        case same, few, atTheEnd

        func hash(_ number: Int32) -> Int {
            switch self {
            case .spread: Int(truncatingIfNeeded: UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
            case .same: -1
            case .few: Int(number % 3) &- 1
            case .atTheEnd: Int.max - Int(number % 2)
            }
        }
    }

    /// Elements are numbers with a key; the index finds them by the hash of the key.
    @Test(arguments: Hashing.allCases, 1...4 as ClosedRange<UInt64>)
    func agreesWithADictionary(hashing: Hashing, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var index = HashIndex()
        var model: [Int32: Int32] = [:]
        // The element's number by its key: several elements may have the same hash, none the same key.
        var keys: [Int32: Int32] = [:]
        let keysMax: Int32 = hashing == .spread ? 400 : 60
        for step in 0..<6000 {
            let key = Int32.random(in: 0..<keysMax, using: &random)
            let found = index.find(hash: hashing.hash(key)) { keys[$0] == key }
            #expect(found == model[key])
            let isGrowing = step / 700 % 2 == 0
            if found == nil, isGrowing || Int.random(in: 0..<10, using: &random) == 0 {
                let number = Int32(step)
                keys[number] = key
                model[key] = number
                index.insert(number, hash: hashing.hash(key))
            } else if let found, !isGrowing || Int.random(in: 0..<10, using: &random) == 0 {
                // As tables do: the element itself is gone already.
                keys[found] = nil
                index.remove(found, hash: hashing.hash(key))
                model[key] = nil
            }
            #expect(index.count == model.count)
        }
        for (key, number) in model { #expect(index.find(hash: hashing.hash(key)) { keys[$0] == key } == number) }
    }

    @Test func whatIsNotThereIsNotRemoved() {
        var index = HashIndex()
        index.remove(1, hash: 5)
        index.insert(1, hash: 5)
        index.remove(2, hash: 5)
        index.remove(1, hash: 6)
        #expect(index.count == 1)
        #expect(index.find(hash: 5) { $0 == 1 } == 1)
        #expect(index.find(hash: 5) { $0 == 2 } == nil)
    }
}
