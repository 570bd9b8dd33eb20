/// How long to wait before the next try: full jitter, so that clients who lost the same gateway don't come back together.
struct ReconnectBackoff {
    static let baseMilliseconds: UInt64 = 100
    static let capMilliseconds: UInt64 = 10_000

    private var tries = 0
    private var random: any RandomNumberGenerator

    init(random: any RandomNumberGenerator = SystemRandomNumberGenerator()) { self.random = random }

    /// The most that the next wait can be.
    var ceilingMilliseconds: UInt64 {
        min(Self.capMilliseconds, Self.baseMilliseconds << UInt64(min(tries, 16)))
    }

    mutating func nextMilliseconds() -> UInt64 {
        defer { tries += 1 }
        return UInt64.random(in: 0...ceilingMilliseconds, using: &random)
    }

    mutating func reset() { tries = 0 }
}
