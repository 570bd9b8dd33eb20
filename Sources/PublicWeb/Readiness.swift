import Core

/// Whether a public-web process should be sent new clients, shared by its loops.
final class Readiness: Sendable {
    private struct State: Sendable {
        var isDraining = false
        var isWithoutKeys: Bool
        var dispatcher: String? = "the dispatcher was not reached yet"
    }

    private let state: Mutex<State>

    /// - Parameter fetchesKeys: it is not ready before it has them.
    init(fetchesKeys: Bool = false) { state = Mutex(State(isWithoutKeys: fetchesKeys)) }

    /// Why not; nil if ready.
    var problem: Problem? {
        state.withLock { state in
            if state.isDraining { return Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1) }
            if state.isWithoutKeys { return AccessRefusal.keysUnavailable.problem }
            return state.dispatcher.map { Problem(.dispatcherUnavailable, "Not ready: \($0).", retryAfterSeconds: 1) }
        }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    func setKeysAvailable() { state.withLock { $0.isWithoutKeys = false } }

    func setDraining() { state.withLock { $0.isDraining = true } }

    /// - Parameter reason: why the dispatcher can't be reached; nil when it was.
    /// - Returns: whether that is news.
    func setDispatcher(unreachable reason: String?) -> Bool {
        state.withLock { state in
            let isNews = (state.dispatcher == nil) != (reason == nil)
            state.dispatcher = reason
            return isNews
        }
    }
}
