import Sessions
import Telemetry

/// A `POST /events` whose body has been read and found to be well-formed.
struct EventsPost: Sendable {
    enum Form: Sendable { case single, batch }

    let body: [UInt8]
    let form: Form
    /// Of the session that its events are to belong to, if it is there; nil for none.
    let correlationID: CorrelationID?
    /// Who sends them; nil in open mode.
    let principal: [UInt8]?
    /// `Prefer: respond-async` (RFC 7240 §4.1).
    let isAsync: Bool
    /// Of the request.
    let trace: PropagatedContext
}
