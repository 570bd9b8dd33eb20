import Core

/// How long to wait before connecting again: it doubles with each failure up to a limit, and each wait is varied at random
/// between half and all of it, so that the clients of a broker that comes back don't come all at once.
struct ReconnectDelay {
    private let minimumMilliseconds: Int
    private let maximumMilliseconds: Int
    private var current: Int
    private var random = RandomSource()

    init(minimumMilliseconds: Int, maximumMilliseconds: Int) {
        self.minimumMilliseconds = minimumMilliseconds
        self.maximumMilliseconds = maximumMilliseconds
        current = minimumMilliseconds
    }

    mutating func nextMilliseconds() -> Int {
        let half = current / 2
        let wait = half + Int(random.next() % UInt64(current - half + 1))
        current = min(maximumMilliseconds, current * 2)
        return wait
    }

    /// A connection worked.
    mutating func reset() { current = minimumMilliseconds }
}
