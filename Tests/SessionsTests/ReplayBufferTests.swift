import TestSupport
import Testing

@testable import Sessions

@Suite struct ReplayBufferTests {
    private func entry(_ size: Int) -> ReplayBuffer.Entry {
        ReplayBuffer.Entry(event: [UInt8](repeating: 1, count: size), at: TestTable.start, request: nil)
    }

    @Test func anEmptyBufferSaysWhatComesNext() {
        let buffer = ReplayBuffer(firstNumber: 7)
        #expect(buffer.isEmpty && buffer.count == 0 && buffer.bytes == 0)
        #expect(buffer.firstNumber == 7 && buffer.nextNumber == 7)
        #expect(buffer.first == nil && buffer[7] == nil && buffer[0] == nil && buffer[.max] == nil)
        #expect(buffer.dropFirst() == nil)
    }

    /// Against an array, over the lengths at which dropped places are given back.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func agreesWithAnArray(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let buffer = ReplayBuffer(firstNumber: 100)
        var model: [Int] = []
        var first: UInt64 = 100
        for step in 0..<4000 {
            // It grows long, and is emptied, in turns.
            let isGrowing = step / 500 % 2 == 0
            if Int.random(in: 0..<100, using: &random) < (isGrowing ? 75 : 20) {
                let size = Int.random(in: 0..<50, using: &random)
                buffer.append(entry(size))
                model.append(size)
            } else {
                let dropped = buffer.dropFirst()
                #expect(dropped?.event.count == model.first)
                if !model.isEmpty {
                    model.removeFirst()
                    first += 1
                }
            }
            #expect(buffer.count == model.count && buffer.isEmpty == model.isEmpty)
            #expect(buffer.bytes == model.reduce(0, +))
            #expect(buffer.firstNumber == first && buffer.nextNumber == first + UInt64(model.count))
            let probe = first &+ UInt64(Int.random(in: 0...200, using: &random)) &- 3
            let expected = probe >= first && probe < buffer.nextNumber ? model[Int(probe - first)] : nil
            #expect(buffer[probe]?.event.count == expected)
        }
    }
}
