import CLinux

/// Cryptographically secure random bytes, taken from the kernel in blocks so that an id costs no system call. One per
/// thread: it is not synchronised.
public struct RandomSource {
    private static let blockBytes = 4096
    private static let forAll = Mutex(RandomSource())

    /// One for all threads, for those who have no own.
    public static func withShared<Result>(_ body: (inout RandomSource) -> Result) -> Result { forAll.withLock(body) }

    private var block: [UInt8] = []
    private var used = 0

    public init() {}

    public mutating func next() -> UInt64 {
        if used + 8 > block.count { refill() }
        defer { used += 8 }
        return block.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: used, as: UInt64.self) }
    }

    private mutating func refill() {
        if block.isEmpty { block = [UInt8](repeating: 0, count: Self.blockBytes) }
        block.withUnsafeMutableBytes { clinux_random($0.baseAddress, $0.count) }
        used = 0
    }
}
