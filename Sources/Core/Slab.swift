/// Objects by small, reusable numbers. A handle carries the generation of its place, so that a stale one never reaches
/// the place's next tenant. Not synchronised: it belongs to one thread.
public struct Slab<Element> {
    /// The top bit of a handle is never set: it is left to those who have several slabs.
    private static var generationMax: UInt32 { UInt32(Int32.max) }
    private static var reserved: Int32 { -2 }

    private struct Place {
        var element: Element?
        var generation: UInt32
        var nextFree: Int32
    }

    private var places: [Place] = []
    private var free: Int32 = -1
    public private(set) var count = 0

    public init() {}

    /// Room for so many, which costs nothing before it is used. Without it the places move each time their number doubles.
    public mutating func reserveCapacity(_ count: Int) { places.reserveCapacity(count) }

    /// Generation in the high half, place in the low half. Never 0.
    public mutating func insert(_ element: Element) -> UInt64 {
        count += 1
        if free >= 0 {
            let index = Int(free)
            free = places[index].nextFree
            places[index].element = element
            return UInt64(places[index].generation) << 32 | UInt64(index)
        }
        places.append(Place(element: element, generation: 1, nextFree: -1))
        return 1 << 32 | UInt64(places.count - 1)
    }

    /// A handle whose element is not there yet: `fill` it, or `remove` it.
    public mutating func reserve() -> UInt64 {
        count += 1
        if free >= 0 {
            let index = Int(free)
            free = places[index].nextFree
            places[index].nextFree = Self.reserved
            return UInt64(places[index].generation) << 32 | UInt64(index)
        }
        places.append(Place(element: nil, generation: 1, nextFree: Self.reserved))
        return 1 << 32 | UInt64(places.count - 1)
    }

    public mutating func fill(_ handle: UInt64, _ element: Element) {
        guard let index = current(handle) else { return }
        places[index].element = element
    }

    private func current(_ handle: UInt64) -> Int? {
        let index = Self.place(of: handle)
        guard index < places.count, places[index].generation == UInt32(truncatingIfNeeded: handle >> 32),
            places[index].element != nil || places[index].nextFree == Self.reserved
        else { return nil }
        return index
    }

    public subscript(handle: UInt64) -> Element? {
        let index = Int(handle & 0xFFFF_FFFF)
        guard index < places.count, places[index].generation == UInt32(truncatingIfNeeded: handle >> 32) else {
            return nil
        }
        return places[index].element
    }

    @discardableResult
    public mutating func remove(_ handle: UInt64) -> Element? {
        guard let index = current(handle) else { return nil }
        let element = places[index].element
        places[index].element = nil
        places[index].generation = places[index].generation == Self.generationMax ? 1 : places[index].generation + 1
        places[index].nextFree = free
        free = Int32(index)
        count -= 1
        return element
    }

    /// Changes the element in its place; nothing happens if the handle is stale.
    public mutating func update(_ handle: UInt64, _ body: (inout Element) -> Void) {
        guard var element = self[handle] else { return }
        body(&element)
        places[Int(handle & 0xFFFF_FFFF)].element = element
    }

    /// The place that a handle names, valid or not.
    public static func place(of handle: UInt64) -> Int { Int(handle & 0xFFFF_FFFF) }

    public var placesCount: Int { places.count }

    /// What stands in a place, whatever its generation.
    public func element(inPlace place: Int) -> Element? { places.indices.contains(place) ? places[place].element : nil }

    /// A snapshot, in the order of their places.
    public var all: [Element] { places.compactMap { $0.element } }
}
