import Core
import HTTPClient

/// Connects on a thread of its own, one try at a time, so that nobody has to wait for it.
final class BackgroundConnector {
    private struct Outcome: @unchecked Sendable {
        // Sendable: the connecting thread makes it and forgets it; the mailbox hands it over to the one that takes it.
        let result: Result<ConnectedStream, ClientError>
    }

    private let finished: WakeSignal
    private let outcomes: Mailbox<Outcome>
    private var thread: Thread?

    init() throws(SystemError) {
        let finished = try WakeSignal()
        self.finished = finished
        outcomes = Mailbox(messagesMax: 1) { finished.signal() }
    }

    /// To be polled: there is an outcome.
    var fd: CInt { finished.fd }

    /// Not before the outcome of the last try was taken. A try can't be broken off: it ends with the process.
    func start(_ options: ConnectionOptions) throws(SystemError) {
        let outcomes = outcomes
        thread = try Thread(name: "connect") {
            Thread.blockSignals()
            let result: Result<ConnectedStream, ClientError>
            do throws(ClientError) { result = .success(try options.connect()) } catch { result = .failure(error) }
            // There is room: the last outcome was taken.
            _ = outcomes.post(Outcome(result: result))
        }
    }

    func take() -> Result<ConnectedStream, ClientError>? {
        finished.drain()
        var batch: [Outcome] = []
        outcomes.take(into: &batch)
        guard let outcome = batch.first else { return nil }
        // It has nothing left to do, and without this its memory would stay.
        thread?.join()
        thread = nil
        return outcome.result
    }
}
