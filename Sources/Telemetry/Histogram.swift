import Core
import Synchronization

/// How measurements spread over fixed buckets. From any thread, without locks; of each bucket the last sampled
/// measurement is kept as its exemplar.
public final class Histogram: @unchecked Sendable {
    // Sendable: the buckets are atomics that are allocated and freed with the histogram, and the rest is immutable or
    // Sendable by itself.

    /// Seconds, of the semantic conventions for `http.server.request.duration`.
    public static let durationBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]

    /// Seconds, for what takes less than a millisecond when all is well.
    public static let shortBounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// Of things that travel together.
    public static let batchBounds: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    public let bounds: [Double]
    private let buckets: UnsafeMutablePointer<Atomic<UInt64>>
    /// A Double's bits.
    private let sum = Atomic<UInt64>(0)
    private let exemplars: Core.Mutex<[Exemplar?]>

    /// - Parameter bounds: upper, inclusive, ascending, finite.
    public init(bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && bounds.allSatisfy(\.isFinite))
        self.bounds = bounds
        buckets = .allocate(capacity: bounds.count + 1)
        for index in 0...bounds.count { (buckets + index).initialize(to: Atomic(0)) }
        exemplars = Core.Mutex([Exemplar?](repeating: nil, count: bounds.count + 1))
    }

    deinit {
        buckets.deinitialize(count: bounds.count + 1)
        buckets.deallocate()
    }

    /// - Parameter context: of the span it was measured in.
    public func record(_ value: Double, context: TraceContext? = nil) {
        // One NaN would make the sum NaN for ever.
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        buckets[bucket].wrappingAdd(1, ordering: .relaxed)
        var old = sum.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + value).bitPattern
            let (isDone, seen) = sum.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isDone { break }
            old = seen
        }
        guard let context, context.isSampled, context.isValid else { return }
        // Who finds it locked does without: another exemplar is being written or read.
        exemplars.withLockIfFree {
            $0[bucket] = Exemplar(value: value, wallNanoseconds: SystemClock.wallNanoseconds(), context: context)
        }
    }

    /// In seconds.
    public func record(nanoseconds: UInt64, context: TraceContext? = nil) {
        record(Double(nanoseconds) / 1e9, context: context)
    }

    /// The sum can be a measurement ahead of the counts, or behind.
    public var snapshot: HistogramSnapshot {
        HistogramSnapshot(
            bounds: bounds, counts: (0...bounds.count).map { buckets[$0].load(ordering: .relaxed) },
            sum: Double(bitPattern: sum.load(ordering: .relaxed)), exemplars: exemplars.withLock { $0 })
    }
}
