import Core
import Testing

@Suite struct SlabTests {
    @Test func aStaleHandleFindsNothing() {
        var slab = Slab<String>()
        let first = slab.insert("a")
        let removed = slab.remove(first)
        #expect(removed == "a")
        let second = slab.insert("b")
        #expect(slab[first] == nil)
        let removedAgain = slab.remove(first)
        #expect(removedAgain == nil)
        #expect(slab[second] == "b")
        #expect(slab.count == 1)
    }

    @Test(arguments: [0, 1, UInt64.max, 1 << 32, 5 << 32 | 9] as [UInt64])
    func aMadeUpHandleFindsNothing(handle: UInt64) {
        var slab = Slab<Int>()
        #expect(slab[handle] == nil)
        let real = slab.insert(1)
        #expect(handle == real || slab[handle] == nil)
    }

    @Test func updatesInPlace() {
        var slab = Slab<Int>()
        let handle = slab.insert(1)
        slab.update(handle) { $0 += 1 }
        slab.update(handle + 1) { $0 += 10 }
        #expect(slab[handle] == 2)
    }
}
