import HTTPServer
import Sessions
import Telemetry

/// A client's wish for a connection to a session.
struct ConnectionRequest: Sendable {
    enum Kind: Sendable {
        /// The handshake's answer, and whether the client speaks the subprotocol.
        case webSocket(answer: [UInt8], isStrict: Bool)
        /// The page of another origin that is to see it, if any.
        case eventStream(origin: String?)
    }

    let kind: Kind
    let wish: SessionWish
    /// Nil in open mode.
    let grant: Grant?
    let timing: RequestTiming?
    /// Ends when the connection is joined to its session, refused, or lost on the way.
    var handshake: OpenSpan?

    /// The connection was lost before it was answered.
    func abandoned(_ tracer: Tracer) {
        guard var span = handshake else { return }
        span.fail("connection_lost", "the connection was lost before it was answered")
        span.end(tracer)
    }
}
