import Core

/// `switchboard_events_total`, by type and outcome. Types come from remotes: beyond so many different ones the others count
/// as `_other`. From any thread.
public final class EventCounters: Sendable {
    public static let typesMax = 64

    private struct State {
        var types: Set<String> = []
        var counters: [String: [String: Counter]] = [:]
    }

    private let registry: MetricsRegistry
    private let state: Mutex<State>

    /// - Parameter types: known from the start, and so, as far as there is room, never among the others.
    public init(registry: MetricsRegistry, types: [String] = []) {
        self.registry = registry
        state = Mutex(State(types: Set(types.prefix(Self.typesMax))))
    }

    /// - Parameter outcome: one of few.
    public func add(_ count: Int = 1, type: String, outcome: String) {
        let counter = state.withLock { state -> Counter in
            var name = type
            if !state.types.contains(type) {
                if state.types.count < Self.typesMax { state.types.insert(type) } else { name = "_other" }
            }
            if let known = state.counters[name]?[outcome] { return known }
            let made = registry.counter(
                "switchboard_events_total", "Events by type and by what became of them",
                labels: [("type", name), ("outcome", outcome)])
            state.counters[name, default: [:]][outcome] = made
            return made
        }
        counter.add(UInt64(count))
    }
}
