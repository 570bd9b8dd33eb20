import CBenchmarks

/// Where results go, so that no optimiser can tell that nobody wants them.
enum Sink {
    static func use(_ value: Int) { benchmarks_use(UInt64(truncatingIfNeeded: value)) }
    static func use(_ value: UInt64) { benchmarks_use(value) }
    static func use(_ value: Bool) { benchmarks_use(value ? 1 : 0) }
    static func use(_ bytes: [UInt8]) { bytes.withUnsafeBytes { benchmarks_touch($0.baseAddress) } }
    static func use(_ bytes: UnsafeRawBufferPointer) { benchmarks_touch(bytes.baseAddress) }
    static func use(_ object: AnyObject) { benchmarks_touch(Unmanaged.passUnretained(object).toOpaque()) }
    /// What the memory holds may be something else from now on: nothing known of it is worth keeping.
    static func touch(_ bytes: UnsafeMutableRawBufferPointer) { benchmarks_touch(bytes.baseAddress) }
}
