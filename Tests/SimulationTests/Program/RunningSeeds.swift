import Glibc

/// Which seed each thread is at: told when the process traps, as nothing else would tell it.
struct RunningSeeds: @unchecked Sendable {
    // Sendable: each thread writes its own place only, and the handler of a trap reads them when nothing matters any more.
    private static nonisolated(unsafe) var seeds: UnsafeMutableBufferPointer<UInt64> = .init(start: nil, count: 0)

    init(threads: Int) {
        Self.seeds = .allocate(capacity: threads)
        Self.seeds.initialize(repeating: 0)
        for trap in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            signal(trap) { number in
                Self.tell()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    func set(_ seed: UInt64, thread: Int) { Self.seeds[thread] = seed }

    /// Without allocating, as in a signal handler it must be.
    private static func tell() {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { line in
            for seed in seeds where seed != 0 {
                var at = line.count
                line[at - 1] = 0x0A
                at -= 1
                var rest = seed
                repeat {
                    at -= 1
                    line[at] = 0x30 + UInt8(rest % 10)
                    rest /= 10
                } while rest > 0
                for byte in "FAILED  trapped at, or while another was at, seed ".utf8.reversed() where at > 0 {
                    at -= 1
                    line[at] = byte
                }
                _ = write(STDOUT_FILENO, line.baseAddress?.advanced(by: at), line.count - at)
            }
        }
    }
}
