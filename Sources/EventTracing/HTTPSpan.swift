import Core
import Telemetry

/// Spans of an event's way over HTTP between tiers: each event has its own, although a request carries many (semantic
/// conventions for HTTP).
public enum HTTPSpan {
    /// - Parameter url: of the whole request, `http` or `https`, without user information.
    public static func client(
        _ event: EventIdentity, url: String, context: TraceContext, parent: TraceContext, traceState: String?
    ) -> OpenSpan {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let authority = Authority(ofURL: url)
        let path = parts.count > 3 ? "/\(parts[3])" : "/"
        return OpenSpan(
            "POST \(path)", kind: .client, context: context, parent: parent, traceState: traceState,
            attributes: event.attributes + [
                SpanAttribute("http.request.method", .string("POST")), SpanAttribute("url.full", .string(url)),
                SpanAttribute("url.template", .string(path)), SpanAttribute("server.address", .string(authority.host)),
                SpanAttribute("server.port", .integer(authority.port ?? (url.hasPrefix("https:") ? 443 : 80))),
            ])
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
