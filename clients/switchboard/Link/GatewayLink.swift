import CloudEvents
import Core

/// A way to send events to the gateway and get their answers: its user polls, and passes time in. Belongs to one thread.
protocol GatewayLink: AnyObject {
    /// To be polled for reading; -1 while there is nothing to poll, and another one after each connection.
    var fd: CInt { get }
    /// Whether to poll for writing too.
    var wantsToWrite: Bool { get }
    /// When to call `advance`, whatever the poll says; nil: no need.
    var nextDeadline: MonotonicInstant? { get }
    /// How many requests wait for their answer.
    var pendingCount: Int { get }
    /// When the first of them was made.
    var oldestPending: MonotonicInstant? { get }
    /// Nil without a session.
    var sessionStatus: SessionStatus? { get }

    /// Sends an event, as far as the socket takes it, and returns its id. - Parameters:
    ///   - data: JSON.
    ///   - traceparent: of the span that it belongs to.
    func request(type: String, data: [UInt8]?, traceparent: String?) throws(EventError) -> String
    /// Reads and writes what is possible now.
    func advance() -> [LinkEvent]
    /// The ids of requests older than the timeout; their answers, should they come, count as pushes.
    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String]
    /// Cuts the connection, as a broken network would. - Returns: false if there is none.
    func drop() -> Bool
    /// Says goodbye, as far as that is possible without waiting long.
    func close()
}

extension GatewayLink {
    func request(type: String, data: [UInt8]?) throws(EventError) -> String {
        try request(type: type, data: data, traceparent: nil)
    }

    /// Until something is due or waits too long; nil: nothing does.
    func milliseconds(
        until due: MonotonicInstant?, requestTimeoutMilliseconds: UInt64, now: MonotonicInstant
    ) -> UInt64? {
        let late = oldestPending?.advanced(byMilliseconds: requestTimeoutMilliseconds)
        return [due, late, nextDeadline].compactMap { $0 }.min().map { $0 <= now ? 0 : $0.milliseconds(since: now) + 1 }
    }
}
