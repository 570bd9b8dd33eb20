import Core
import Telemetry
import Tiers

/// What is counted of the calls of other tiers, and of those who pretend to be one.
public final class InternalCallMetrics: Sendable {
    private let refused: [CallVerdict: Counter]
    private let tooLarge: Counter

    /// - Parameter memory: of the calls that were accepted.
    public init(registry: MetricsRegistry, memory: ReplayMemory) {
        let name = "switchboard_internal_calls_refused_total"
        let help = "Calls to the internal listener that were refused by reason"
        refused = registry.counters(
            name, help, by: "reason", CallVerdict.allCases.filter { $0 != .accepted }, text: \.rawValue)
        tooLarge = registry.counter(name, help, labels: [("reason", "too_large")])
        registry.queue("internal-calls", unit: "calls", limit: ReplayMemory.callsMaxDefault) { Double(memory.count) }
    }

    public func count(_ verdict: CallVerdict) { refused[verdict]?.add() }

    /// What an internal listener has answered with.
    public func count(_ problem: ProblemKind) { if problem == .contentTooLarge { tooLarge.add() } }
}
