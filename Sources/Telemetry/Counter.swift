import Synchronization

/// A number that only grows. From any thread.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    public init() {}

    @inlinable
    public func add() { add(1) }

    public func add(_ amount: UInt64) { count.wrappingAdd(amount, ordering: .relaxed) }

    public var value: UInt64 { count.load(ordering: .relaxed) }
}
