import Core
import HTTP1
import Telemetry

/// The span of one request to a traced route, from its last byte to its answer (semantic conventions for HTTP servers).
final class RequestSpan {
    private static let traceStateBytesMax = 1024
    private static let baggageBytesMax = 8192

    private(set) var open: OpenSpan

    private init(_ open: OpenSpan) { self.open = open }

    /// - Returns: what the request is part of, and its span if it is to be recorded.
    static func begin(
        _ head: RequestHead, route: String, isTLS: Bool, _ tracer: Tracer, _ random: inout RandomSource
    ) -> (PropagatedContext, RequestSpan?) {
        let parent = head.headers.withFirst("traceparent") { tracer.extract($0) }
        var trace = PropagatedContext(context: parent)
        if parent.isValid { trace.traceState = joined("tracestate", head.headers, bytesMax: traceStateBytesMax) }
        if tracer.propagatesBaggage { trace.baggage = joined("baggage", head.headers, bytesMax: baggageBytesMax) }
        guard tracer.isEnabled else { return (trace, nil) }
        let context = tracer.begin(parent: parent, random: &random)
        guard tracer.records(context) else {
            if !parent.isValid { trace.context = context }
            return (trace, nil)
        }
        trace.context = context
        let span = OpenSpan(
            "\(head.method.text) \(route)", kind: .server, context: context, parent: parent,
            traceState: trace.traceState, attributes: attributes(head, route, isTLS))
        return (trace, RequestSpan(span))
    }

    /// What both grammars allow (W3C Trace Context §3.3.1, W3C Baggage §3.3.1), and what JSON writes as it is: an escape
    /// would make the event's attribute longer than the header, and longer than it may be.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) && byte != 0x22 && byte != 0x5C
    }

    /// Of all header lines of that name; nil if there is none, or too much of it.
    private static func joined(_ name: StaticString, _ headers: HeaderFields, bytesMax: Int) -> String? {
        guard headers.contains(name) else { return nil }
        let text = headers.all(name).joined(separator: ",")
        guard !text.isEmpty, text.utf8.count <= bytesMax, text.utf8.allSatisfy(isPlain) else { return nil }
        return text
    }

    private static func attributes(_ head: RequestHead, _ route: String, _ isTLS: Bool) -> [SpanAttribute] {
        var attributes = [
            SpanAttribute("http.request.method", .string(head.method.text)),
            SpanAttribute("http.route", .string(route)),
            SpanAttribute("url.path", .string(bounded(head.path))),
            SpanAttribute("url.scheme", .string(isTLS ? "https" : "http")),
            SpanAttribute("network.protocol.version", .string(head.isHTTP11 ? "1.1" : "1.0")),
        ]
        if let host = head.host {
            let authority = Authority(host[...])
            attributes.append(SpanAttribute("server.address", .string(bounded(authority.host))))
            if let port = authority.port { attributes.append(SpanAttribute("server.port", .integer(port))) }
        }
        if let agent = head.headers.first("user-agent") {
            attributes.append(SpanAttribute("user_agent.original", .string(bounded(agent))))
        }
        return attributes
    }

    /// By bytes: a single character may have any number of them.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 256 ? text : String(decoding: text.utf8.prefix(256), as: UTF8.self)
    }

    func end(status: Int, _ tracer: Tracer) {
        open.end(status: status, tracer)
    }

    /// The client has gone away before the answer.
    func abort(_ tracer: Tracer) {
        open.fail("client_gone", "the client went away before the answer")
        open.end(tracer)
    }
}

extension OpenSpan {
    /// A server's failures are its own, a refusal of what the client sent is not (semantic conventions for HTTP servers).
    public consuming func end(status: Int, _ tracer: Tracer) {
        set("http.response.status_code", .integer(status))
        if status >= 500 { fail(String(status), "answered with status \(status)") }
        end(tracer)
    }
}
