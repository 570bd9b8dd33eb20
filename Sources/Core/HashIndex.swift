/// Finds small numbers by a hash, for tables whose elements stand elsewhere: open addressing with linear probing, four
/// bytes a place, at most three quarters of them used. Not synchronised.
///
/// Hashes come from the caller, who also compares: they must be seeded if keys come from a remote.
public struct HashIndex {
    private static let empty: Int32 = -1
    private static let placesMin = 16

    private var places: [Int32] = []
    public private(set) var count = 0

    public init() {}

    private var mask: Int { places.count - 1 }

    /// - Parameter matches: whether the element of that number is the one that is looked for.
    public func find(hash: Int, matches: (Int32) -> Bool) -> Int32? {
        guard !places.isEmpty else { return nil }
        var at = hash & mask
        while places[at] != Self.empty {
            if matches(places[at]) { return places[at] }
            at = (at + 1) & mask
        }
        return nil
    }

    /// - Parameter hashOf: of a number inserted before, for when the table grows.
    public mutating func insert(_ number: Int32, hash: Int, hashOf: (Int32) -> Int) {
        if (count + 1) * 4 > places.count * 3 { resize(max(places.count * 2, Self.placesMin), hashOf) }
        place(number, hash)
        count += 1
    }

    public mutating func remove(_ number: Int32, hash: Int, hashOf: (Int32) -> Int) {
        guard !places.isEmpty else { return }
        var at = hash & mask
        while places[at] != number {
            if places[at] == Self.empty { return }
            at = (at + 1) & mask
        }
        count -= 1
        closeGap(at, hashOf)
        if places.count > Self.placesMin, count * 8 < places.count { resize(places.count / 2, hashOf) }
    }

    private mutating func place(_ number: Int32, _ hash: Int) {
        var at = hash & mask
        while places[at] != Self.empty { at = (at + 1) & mask }
        places[at] = number
    }

    /// What stands behind a gap moves into it, unless it would come to stand before its own place.
    private mutating func closeGap(_ start: Int, _ hashOf: (Int32) -> Int) {
        var gap = start
        var at = (gap + 1) & mask
        while places[at] != Self.empty {
            let home = hashOf(places[at]) & mask
            if (at - home) & mask >= (at - gap) & mask {
                places[gap] = places[at]
                gap = at
            }
            at = (at + 1) & mask
        }
        places[gap] = Self.empty
    }

    private mutating func resize(_ size: Int, _ hashOf: (Int32) -> Int) {
        let old = places
        places = [Int32](repeating: Self.empty, count: size)
        for number in old where number != Self.empty { place(number, hashOf(number)) }
    }
}
