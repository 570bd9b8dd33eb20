import Core

/// Several outcomes of which one verdict is made: all of them have to be good.
final class JointSettlement: Sendable {
    private let state: Mutex<(left: Int, isDone: Bool)>
    private let verdict: @Sendable (Bool) -> Void

    /// - Parameter verdict: called once, when `count` outcomes are there.
    init(count: Int, verdict: @escaping @Sendable (Bool) -> Void) {
        state = Mutex((count, true))
        self.verdict = verdict
    }

    /// One outcome more is waited for; the verdict must not have been made.
    func expectOneMore() { state.withLock { $0.left += 1 } }

    func settle(_ isDone: Bool) {
        let (left, isAllDone) = state.withLock { state -> (Int, Bool) in
            state.left -= 1
            state.isDone = state.isDone && isDone
            return state
        }
        if left == 0 { verdict(isAllDone) }
    }
}
