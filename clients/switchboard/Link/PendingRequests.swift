import Core

/// The requests that wait for their answers: on their way, or for a connection.
struct PendingRequests {
    static let bytesMax = 16 << 20

    /// As many as the gateway takes.
    var countMax = 1024
    private var requests: [String: PendingRequest] = [:]
    private var bytes = 0
    private var added = 0

    var count: Int { requests.count }
    var oldest: MonotonicInstant? { requests.values.map(\.at).min() }

    /// - Parameter socket: that it goes out on; nil if there is none now.
    /// - Returns: false if there is no room.
    mutating func add(
        id: String, event: [UInt8], socket: Int?, at: MonotonicInstant, wallNanoseconds: UInt64
    ) -> Bool {
        guard requests.count < countMax, bytes + event.count <= Self.bytesMax else { return false }
        requests[id] = PendingRequest(
            at: at, wallNanoseconds: wallNanoseconds, bytes: event, number: added, socket: socket)
        bytes += event.count
        added += 1
        return true
    }

    func contains(_ id: String) -> Bool { requests[id] != nil }

    @discardableResult
    mutating func remove(_ id: String) -> PendingRequest? {
        guard let request = requests.removeValue(forKey: id) else { return nil }
        bytes -= request.bytes.count
        return request
    }

    /// Those that are older than the timeout; nobody waits for them any more.
    mutating func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        let late = requests.filter { now.milliseconds(since: $0.value.at) >= timeoutMilliseconds }
        return remove(late)
    }

    /// Those that went out on whichever socket.
    mutating func removeSent() -> [String] { remove(requests.filter { $0.value.socket != nil }) }

    var sentCount: Int { requests.values.count { $0.socket != nil } }

    /// The events that have not gone out on this socket, in their order; now they do.
    mutating func takeUnsent(on socket: Int) -> [[UInt8]] {
        let unsent = requests.filter { $0.value.socket != socket }.sorted { $0.value.number < $1.value.number }
        for item in unsent { requests[item.key]?.socket = socket }
        return unsent.map(\.value.bytes)
    }

    /// - Returns: their ids in the order of the requests.
    private mutating func remove(_ items: [String: PendingRequest]) -> [String] {
        let ids = items.sorted { $0.value.number < $1.value.number }.map(\.key)
        for id in ids { remove(id) }
        return ids
    }
}
