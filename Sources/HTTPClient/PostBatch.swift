import Core

/// Events for one POST: the body is a JSON array, which lacks its closing bracket until it is closed.
struct PostBatch<Token: PosterToken> {
    private(set) var body: [UInt8] = [0x5B]
    private(set) var tokens: [Token] = []
    /// Where each event ends in `body`; it begins one byte after the end of the one before.
    private var ends: [Int32] = []
    private var isClosed = false
    /// Its POST was given up for another connection once.
    var wasMoved = false
    /// Others that have been idle for as long may be as dead as the one that it was sent on.
    var hasLostConnection = false

    init(bytesExpected: Int = 0) { body.reserveCapacity(bytesExpected) }

    var bytes: Int { body.count }

    mutating func append(_ token: Token, _ write: (inout [UInt8]) -> Void) {
        if !tokens.isEmpty { body.append(0x2C) }
        write(&body)
        tokens.append(token)
        ends.append(Int32(truncatingIfNeeded: body.count))
    }

    /// Takes out the events whose time is over.
    mutating func removeExpired(at now: MonotonicInstant) -> [Token] {
        guard tokens.contains(where: { $0.retryUntil <= now }) else { return [] }
        var expired: [Token] = []
        var kept = PostBatch()
        body.withUnsafeBytes { bytes in
            var start = 1
            for (token, end) in zip(tokens, ends) {
                if token.retryUntil <= now {
                    expired.append(token)
                } else {
                    kept.append(token) { $0.append(bytes: bytes.slice(start..<Int(end))) }
                }
                start = Int(end) + 1
            }
        }
        kept.wasMoved = wasMoved
        kept.hasLostConnection = hasLostConnection
        self = kept
        return expired
    }

    /// At most so many of the last, in their order.
    mutating func removeLast(_ count: Int) -> [Token] {
        let left = max(tokens.count - count, 0)
        let removed = Array(tokens[left...])
        tokens.removeLast(removed.count)
        ends.removeLast(removed.count)
        body.removeLast(body.count - (ends.last.map { Int($0) } ?? 1))
        isClosed = false
        return removed
    }

    /// Nothing is appended until it is sent.
    mutating func close() {
        guard !isClosed else { return }
        isClosed = true
        body.append(0x5D)
    }
}
