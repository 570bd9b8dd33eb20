/// Return addresses that were found to be signed, and where they lead: a session's answers all bear the same one.
///
/// Of a text that is not in here nothing shows in the time that a search takes: texts are compared only if their hashes
/// agree, and these are seeded per process. Not synchronised.
struct VerifiedAddresses {
    static let addressesMax = 4096

    private struct Entry {
        let hash: Int
        let address: [UInt8]
        let destination: Destination
    }

    /// Each at the place that its hash names; a later one takes an earlier one's place.
    private var entries: [Entry?] = []

    func destination(of address: UnsafeRawBufferPointer, hash: Int) -> Destination? {
        guard !entries.isEmpty, let entry = entries[hash & (Self.addressesMax - 1)], entry.hash == hash,
            address.equals(entry.address)
        else { return nil }
        return entry.destination
    }

    mutating func insert(_ address: UnsafeRawBufferPointer, hash: Int, _ destination: Destination) {
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.addressesMax) }
        entries[hash & (Self.addressesMax - 1)] = Entry(hash: hash, address: Array(address), destination: destination)
    }

    mutating func removeAll() { entries = [] }
}
