/// Finds small numbers by a hash, for tables whose elements stand elsewhere: open addressing with linear probing, at most
/// three quarters of the places used. A place has 32 bits of the hash beside the number, so that elements, which are
/// elsewhere in memory, are looked at only when these agree, and never to move or grow. Not synchronised.
///
/// Hashes come from the caller, who also compares: they must be seeded if keys come from a remote.
public struct HashIndex {
    private static let placesMin = 16

    /// The hash's low half in the upper bits, the number plus one in the lower; 0 is empty.
    private var places: [UInt64] = []
    public private(set) var count = 0

    public init() {}

    private var mask: Int { places.count - 1 }

    /// - Parameter matches: whether the element of that number is the one that is looked for.
    public func find(hash: Int, matches: (Int32) -> Bool) -> Int32? {
        guard !places.isEmpty else { return nil }
        let tag = UInt32(truncatingIfNeeded: hash)
        var at = Int(tag) & mask
        while places[at] != 0 {
            if Self.tag(places[at]) == tag, matches(Self.number(places[at])) { return Self.number(places[at]) }
            at = (at + 1) & mask
        }
        return nil
    }

    /// - Parameter number: not negative, and not there yet.
    public mutating func insert(_ number: Int32, hash: Int) {
        if (count + 1) * 4 > places.count * 3 { resize(max(places.count * 2, Self.placesMin)) }
        put(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(UInt32(bitPattern: number) &+ 1))
        count += 1
    }

    public mutating func remove(_ number: Int32, hash: Int) {
        guard !places.isEmpty else { return }
        let place = UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(UInt32(bitPattern: number) &+ 1)
        var at = home(place)
        while places[at] != place {
            if places[at] == 0 { return }
            at = (at + 1) & mask
        }
        count -= 1
        closeGap(at)
        if places.count > Self.placesMin, count * 8 < places.count { resize(places.count / 2) }
    }

    private static func tag(_ place: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: place >> 32) }

    private static func number(_ place: UInt64) -> Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: place) &- 1) }

    private func home(_ place: UInt64) -> Int { Int(truncatingIfNeeded: place >> 32) & mask }

    private mutating func put(_ place: UInt64) {
        var at = home(place)
        while places[at] != 0 { at = (at + 1) & mask }
        places[at] = place
    }

    /// What stands behind a gap moves into it, unless it would come to stand before its own place.
    private mutating func closeGap(_ start: Int) {
        var gap = start
        var at = (gap + 1) & mask
        while places[at] != 0 {
            if (at - home(places[at])) & mask >= (at - gap) & mask {
                places[gap] = places[at]
                gap = at
            }
            at = (at + 1) & mask
        }
        places[gap] = 0
    }

    private mutating func resize(_ size: Int) {
        let old = places
        places = [UInt64](repeating: 0, count: size)
        for place in old where place != 0 { put(place) }
    }
}
