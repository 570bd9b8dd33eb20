import Core
import HTTP1

/// Finds what answers a request, by path and method. GET routes answer HEAD too.
public struct HTTPRouter {
    public typealias Handler = (HTTPRequest, HTTPExchange) -> Void

    private var routes: [String: [(method: HTTPMethod, handler: Handler)]] = [:]

    public init() {}

    /// - Parameter path: compared whole, not decoded.
    public mutating func add(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
        routes[path, default: []].append((method, handler))
    }

    enum Resolution {
        case handler(Handler)
        case notFound
        case methodNotAllowed(allow: String)
    }

    func resolve(_ head: RequestHead) -> Resolution {
        guard let candidates = routes[head.path] else { return .notFound }
        let wanted = head.method == .head ? .get : head.method
        if let found = candidates.first(where: { $0.method == wanted }) { return .handler(found.handler) }
        var allowed = candidates.map(\.method.text)
        if candidates.contains(where: { $0.method == .get }) { allowed.append("HEAD") }
        return .methodNotAllowed(allow: allowed.joined(separator: ", "))
    }

    /// The path as a metric label: bounded, whatever clients ask for.
    func label(of path: String) -> String { routes[path] == nil ? "other" : path }
}
