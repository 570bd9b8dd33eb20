import Core
import HTTP1

/// What a browser has to be told before it gives a page of another origin the answer to its request, or sends it at all
/// (WHATWG Fetch §3.3, CORS). Only pages that may come are told so, each by its own origin; cookies and other credentials
/// of the browser's own are never allowed: a token is a header that the page sets itself.
enum CrossOriginHeaders {
    typealias Headers = [(name: StaticString, value: String)]

    /// Fields that a page may send besides `ce-…`.
    private static let fields: Set<String> = [
        "authorization", "baggage", "content-type", "last-event-id", "prefer", "traceparent", "tracestate",
    ]
    private static let fieldsBytesMax = 2048
    private static let exposed =
        "Allow, Location, Preference-Applied, Retry-After, WWW-Authenticate"
    private static let maxAgeSeconds = "600"

    /// The page that asks; nil if there is none, more than one, or one that may not come.
    static func origin(of head: RequestHead, by policy: OriginPolicy) -> String? {
        guard head.headers.contains("origin") else { return nil }
        let origins = head.headers.all("origin")
        guard origins.count == 1, let origin = origins.first,
            Array(origin.utf8).withUnsafeBytes({ policy.allows($0) })
        else { return nil }
        return origin
    }

    /// With the answer to a page.
    static func answer(to origin: String) -> Headers {
        [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", exposed), ("Vary", "Origin")]
    }

    /// With the answer to the question whether a page may send a request. Nil if it is no such question.
    /// - Parameter allow: the methods that the path answers to.
    static func preflight(_ head: RequestHead, allow: String) -> Headers? {
        guard let method = head.headers.first("access-control-request-method"),
            allow.split(separator: ",").contains(where: { $0.drop { $0 == " " } == method })
        else { return nil }
        var headers: Headers = [
            ("Access-Control-Allow-Methods", allow), ("Access-Control-Max-Age", maxAgeSeconds),
        ]
        let lists = head.headers.all("access-control-request-headers")
        let isShort = lists.reduce(0) { $0 + $1.utf8.count } <= fieldsBytesMax
        let wanted = (isShort ? lists : []).flatMap { $0.split(separator: ",") }
            .map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
        let granted = wanted.filter { fields.contains($0) || $0.hasPrefix("ce-") }
        if !granted.isEmpty { headers.append(("Access-Control-Allow-Headers", granted.joined(separator: ", "))) }
        return headers
    }
}
