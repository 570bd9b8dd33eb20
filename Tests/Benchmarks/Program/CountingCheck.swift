import CBenchmarks
import Core
import Crypto

/// Whether allocations are counted as what they are.
enum CountingCheck {
    private final class Object {}

    /// What is counted wrongly.
    static func failures() -> [String] {
        let expectations: [(String, UInt64, () -> Void)] = [
            ("nothing", 0, { Sink.use(1) }),
            ("an object", 1, { Sink.use(Object()) }),
            ("an array", 1, { Sink.use([UInt8](repeating: 1, count: 1000)) }),
            ("two arrays", 2, { for size in [100, 200] { Sink.use([UInt8](repeating: 1, count: size)) } }),
            ("memory of an alignment of its own", 1, { allocate(alignment: 64) }),
        ]
        var failures = expectations.compactMap { name, expected, body -> String? in
            let counted = count(body)
            return counted == expected ? nil : "\(name): \(counted) allocations instead of \(expected)"
        }
        if count({ Sink.use(SHA256.digest([1])) }) < 2 { failures.append("what a shared library allocates") }
        let alone = count { onThread {} }
        if count({ onThread { Sink.use([UInt8](repeating: 1, count: 1000)) } }) != alone + 1 {
            failures.append("what another thread allocates")
        }
        return failures
    }

    private static func count(_ body: () -> Void) -> UInt64 {
        // What is made once and then kept is not meant.
        body()
        var allocations: UInt64 = 0
        var bytes: UInt64 = 0
        benchmarks_count_begin()
        body()
        benchmarks_count_end(&allocations, &bytes)
        return allocations
    }

    private static func allocate(alignment: Int) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: alignment)
        Sink.touch(memory)
        memory.deallocate()
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        guard let thread = try? Thread(name: "counted", body) else { preconditionFailure("no thread can be started") }
        thread.join()
    }
}
