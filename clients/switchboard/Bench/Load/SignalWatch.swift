import Core
import Program
import Reactor

/// Ctrl-C, on an event loop: the first one is told, the second one ends the program.
final class SignalWatch: EventHandler {
    private let signals: TerminationSignals
    private let interrupted: () -> Void

    init(loop: EventLoop, _ signals: TerminationSignals, _ interrupted: @escaping () -> Void) throws(SystemError) {
        self.signals = signals
        self.interrupted = interrupted
        super.init()
        _ = try loop.register(signals.fd, .readable, self)
    }

    override func handle(_ events: EventSet) {
        guard signals.next() != nil else { return }
        signals.restoreDefault()
        interrupted()
    }
}
