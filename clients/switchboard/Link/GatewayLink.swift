import CloudEvents
import Core

/// A way to send events to the gateway and get their answers: its user polls, and passes time in. Belongs to one thread.
protocol GatewayLink: AnyObject {
    /// To be polled for reading.
    var fd: CInt { get }
    /// Whether to poll for writing too.
    var wantsToWrite: Bool { get }
    /// How many requests wait for their answer.
    var pendingCount: Int { get }
    /// When the first of them was sent.
    var oldestPending: MonotonicInstant? { get }
    var isClosed: Bool { get }

    /// Sends an event, as far as the socket takes it, and returns its id. - Parameter data: JSON.
    func request(type: String, data: [UInt8]?) throws(EventError) -> String
    /// Reads and writes what is possible now.
    func advance() -> [LinkEvent]
    /// The ids of requests older than the timeout; their answers, should they come, count as pushes.
    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String]
    /// Says goodbye, as far as that is possible without waiting.
    func close()
}
