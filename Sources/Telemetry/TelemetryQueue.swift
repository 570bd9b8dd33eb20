import Core

/// A bounded queue of what is to be exported, from any thread to the exporter's. What doesn't fit is dropped and counted:
/// telemetry never makes its source wait.
public final class TelemetryQueue<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        /// Taken, and not yet settled: it still counts against the maximum.
        var underWay = 0
        var dropped: UInt64 = 0
        var exported: UInt64 = 0
    }

    public let elementsMax: Int
    public let batchMax: Int
    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called on the offering thread whenever a batch is full; it must not block.
    public init(elementsMax: Int, batchMax: Int, wake: @escaping @Sendable () -> Void) {
        self.elementsMax = elementsMax
        self.batchMax = min(batchMax, elementsMax)
        self.wake = wake
    }

    public func offer(_ element: Element) {
        let isBatchFull = state.withLock { state -> Bool in
            guard state.waiting.count + state.underWay < elementsMax else {
                state.dropped += 1
                return false
            }
            state.waiting.append(element)
            return state.waiting.count % batchMax == 0
        }
        if isBatchFull { wake() }
    }

    /// Swaps what waits with `batch`, which must be empty and whose storage is used again. Each element is to be settled.
    public func take(into batch: inout [Element]) {
        precondition(batch.isEmpty)
        state.withLock { state in
            swap(&state.waiting, &batch)
            state.underWay += batch.count
        }
    }

    /// What became of elements that were taken.
    public func settle(exported: Int, dropped: Int) {
        state.withLock { state in
            state.underWay -= exported + dropped
            state.exported += UInt64(exported)
            state.dropped += UInt64(dropped)
        }
    }

    /// Those not settled included.
    public var count: Int { state.withLock { $0.waiting.count + $0.underWay } }
    public var waitingCount: Int { state.withLock { $0.waiting.count } }
    public var dropped: UInt64 { state.withLock { $0.dropped } }
    public var exported: UInt64 { state.withLock { $0.exported } }
}
