/// Which traces, or logs, carry an id.
struct IdentifierIndex: Sendable {
    /// Serial numbers, mostly ascending. A slice, because the oldest goes first.
    private var serials: [String: ArraySlice<UInt64>] = [:]

    /// Each pair of id and serial number is inserted once.
    mutating func insert(_ serial: UInt64, for id: String) { serials[id, default: []].append(serial) }

    mutating func remove(_ serial: UInt64, for id: String) {
        if serials[id]?.first == serial {
            serials[id]?.removeFirst()
        } else if let index = serials[id]?.firstIndex(of: serial) {
            serials[id]?.remove(at: index)
        }
        if serials[id]?.isEmpty == true { serials[id] = nil }
    }

    subscript(id: String) -> ArraySlice<UInt64> { serials[id] ?? [] }

    var count: Int { serials.count }
}
