import Core
import HTTP1
import JSON
import Reactor
import Telemetry

/// One request's place for its answer. It may be kept and answered later, on the loop's thread; answering twice, or
/// after the connection is gone, does nothing.
public struct HTTPExchange {
    let connection: HTTPConnection
    let serial: UInt64

    /// False once it was answered or the client went away.
    public var isOpen: Bool { connection.isAwaiting(serial) }

    public func respond(
        status: Int, contentType: String? = nil, headers: [(name: StaticString, value: String)] = [], body: [UInt8] = []
    ) {
        var all = headers
        if let contentType { all.append(("Content-Type", contentType)) }
        connection.respond(serial, status: status, headers: all, body: body)
    }

    /// To a HEAD whose GET is answered without end.
    public func respondToHead(contentType: String) {
        connection.respond(serial, status: 200, headers: [("Content-Type", contentType)], body: nil)
    }

    public func respond(_ problem: Problem, headers: [(name: StaticString, value: String)] = []) {
        var all = headers
        if let seconds = problem.retryAfterSeconds { all.append(("Retry-After", String(seconds))) }
        connection.countProblem(problem.kind)
        var body: [UInt8] = []
        problem.appendJSON(instance: nil, traceID: connection.traceID, to: &body)
        respond(status: problem.kind.status, contentType: "application/problem+json", headers: all, body: body)
    }

    /// The request's span, if it has one, for those who take the connection over: they end it.
    public func takeSpan() -> OpenSpan? { connection.takeSpan(serial) }

    /// What is measured of the request, for those who take the connection over: they record it.
    public var timing: RequestTiming? { connection.timing }

    /// Whom the client's certificate is for; nil if it was asked for none, or has shown none.
    public var clientCertificate: TLSPeer? { connection.clientCertificate }

    /// Called if the client goes away before the answer.
    public func onAbort(_ body: @escaping () -> Void) { connection.setAbort(serial, body) }

    /// Called once, when it is answered, its connection is taken over, or the client goes away.
    public func onEnd(_ body: @escaping () -> Void) { connection.setExchangeEnd(serial, body) }

    /// Called if the client sends nothing more, before the answer: it has closed its connection, or only its own side.
    public func onInputEnd(_ body: @escaping () -> Void) { connection.setInputEnd(serial, body) }

    /// Ends HTTP on the connection: whatever is written to it now is up to the caller, and all further bytes go to
    /// `handler`. Nil if the client is gone.
    public func takeOver(handler: any ChannelHandler) -> Channel? { connection.takeOver(serial, handler: handler) }
}
