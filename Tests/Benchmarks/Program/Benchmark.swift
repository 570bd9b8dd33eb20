/// One thing that is measured, so many times in a row.
struct Benchmark {
    enum Clock: String {
        /// The processor time of the thread: who else runs on the machine hardly shows.
        case processor
        /// For what is done by several threads, or waits.
        case wall
    }

    let name: String
    /// What one operation is.
    let operation: String
    let clock: Clock
    /// It is claimed that no operation allocates; a measurement that says otherwise is a failure.
    let isAllocationFree: Bool
    /// Of a round, for what begins with something that takes its time.
    let operationsMin: Int
    /// Makes what is needed, and what runs so many operations on it.
    let prepare: () -> (Int) -> Void

    init<State>(
        _ name: String, _ operation: String, clock: Clock = .processor, isAllocationFree: Bool = false,
        operationsMin: Int = 1,
        on makeState: @escaping () -> State, _ run: @escaping (inout State, Int) -> Void
    ) {
        self.name = name
        self.operation = operation
        self.clock = clock
        self.isAllocationFree = isAllocationFree
        self.operationsMin = operationsMin
        prepare = {
            let box = Box(makeState())
            return { count in run(&box.value, count) }
        }
    }

    /// Held for as long as a run takes: inside of it the state is as good as a local variable.
    private final class Box<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    static var all: [Benchmark] {
        harness + webSocket + http + events + pings + sessions + core + telemetry + tiers
    }

    private static var harness: [Benchmark] {
        [
            Benchmark(
                "harness.nothing", "the loop and one call that keeps a result alive", isAllocationFree: true
            ) {
            } _: { _, count in
                for at in 0..<count { Sink.use(at) }
            }
        ]
    }
}
