import Core
import Testing

@Suite struct SpareBuffersTests {
    private static func buffer(room: Int) -> [UInt8] {
        var buffer: [UInt8] = [1, 2, 3]
        buffer.reserveCapacity(room)
        return buffer
    }

    @Test func roomIsUsedAgainAndContentIsNot() {
        var spare = SpareBuffers(countMax: 2, bytesMax: 1 << 20)
        #expect(spare.take().capacity == 0)
        var buffer = Self.buffer(room: 1000)
        spare.give(&buffer)
        #expect(buffer.capacity == 0)
        let again = spare.take()
        #expect(again.isEmpty && again.capacity >= 1000)
        #expect(spare.count == 0)
    }

    @Test func noMoreIsKeptThanMayBe() {
        var byCount = SpareBuffers(countMax: 2, bytesMax: 1 << 20)
        var byBytes = SpareBuffers(countMax: 100, bytesMax: 5000)
        for _ in 0..<5 {
            var one = Self.buffer(room: 2000)
            byCount.give(&one)
            var other = Self.buffer(room: 2000)
            byBytes.give(&other)
        }
        #expect(byCount.count == 2)
        #expect(byBytes.count == 2)
        var huge = Self.buffer(room: 1 << 20)
        byCount.give(&huge)
        var nothing: [UInt8] = []
        byCount.give(&nothing)
        #expect(byCount.count == 2)
        for _ in 0..<2 { _ = byBytes.take() }
        var one = Self.buffer(room: 2000)
        byBytes.give(&one)
        #expect(byBytes.count == 1)
    }
}
