import Core

/// The closures a broker object reports to, and the state they were told last.
final class BrokerObservers: Sendable {
    private struct Observers {
        var onStateChange: (@Sendable (BrokerState) -> Void)?
        var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)?
        var state = BrokerState.stopped
    }

    private let observers = Mutex(Observers())

    var onStateChange: (@Sendable (BrokerState) -> Void)? {
        get { observers.withLock { $0.onStateChange } }
        set { observers.withLock { $0.onStateChange = newValue } }
    }

    var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)? {
        get { observers.withLock { $0.onDiagnostic } }
        set { observers.withLock { $0.onDiagnostic = newValue } }
    }

    var state: BrokerState { observers.withLock { $0.state } }

    /// Reports a state that differs from the last.
    func report(_ state: BrokerState) {
        let closure = observers.withLock { observers -> (@Sendable (BrokerState) -> Void)? in
            if observers.state == state { return nil }
            observers.state = state
            return observers.onStateChange
        }
        closure?(state)
    }

    func report(_ kind: BrokerDiagnostic.Kind, _ text: @autoclosure () -> String) {
        guard let closure = onDiagnostic else { return }
        closure(BrokerDiagnostic(kind, text()))
    }
}
