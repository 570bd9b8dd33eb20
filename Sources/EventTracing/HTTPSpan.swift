import Core
import Telemetry

/// Spans of an event's way over HTTP between tiers: each event has its own, although a request carries many (semantic
/// conventions for HTTP).
public enum HTTPSpan {
    /// - Parameter url: of the whole request.
    public static func client(
        _ event: EventIdentity, url: String, context: TraceContext, parent: TraceContext, traceState: String?
    ) -> OpenSpan {
        let parts = HTTPAddress(url)
        var attributes =
            event.attributes + [
                SpanAttribute("http.request.method", .string("POST")), SpanAttribute("url.full", .string(url)),
                SpanAttribute("url.template", .string(parts.path)),
                SpanAttribute("server.address", .string(parts.host)),
            ]
        if let port = parts.port { attributes.append(SpanAttribute("server.port", .integer(port))) }
        return OpenSpan(
            "POST \(parts.path)", kind: .client, context: context, parent: parent, traceState: traceState,
            attributes: attributes)
    }

    /// - Parameter route: that answers, as it is registered.
    public static func server(
        _ event: EventIdentity, route: String, context: TraceContext, parent: TraceContext, traceState: String?
    ) -> OpenSpan {
        OpenSpan(
            "POST \(route)", kind: .server, context: context, parent: parent, traceState: traceState,
            attributes: event.attributes + [
                SpanAttribute("http.request.method", .string("POST")), SpanAttribute("http.route", .string(route)),
                SpanAttribute("url.path", .string(route)), SpanAttribute("url.scheme", .string("http")),
            ])
    }
}
