import Core

/// Whether a public-web process should be sent new clients, shared by its loops.
final class Readiness: Sendable {
    private let state = Mutex<(isDraining: Bool, dispatcher: String?)>(
        (false, "the dispatcher was not reached yet"))

    /// Why not; nil if ready.
    var problem: Problem? {
        state.withLock { state in
            if state.isDraining { return Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1) }
            return state.dispatcher.map { Problem(.dispatcherUnavailable, "Not ready: \($0).", retryAfterSeconds: 1) }
        }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

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
