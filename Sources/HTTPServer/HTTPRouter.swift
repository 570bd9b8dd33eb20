import Core
import HTTP1

/// Finds what answers a request, by path and method. GET routes answer HEAD too.
public struct HTTPRouter {
    public typealias Handler = (HTTPRequest, HTTPExchange) -> Void

    private struct Route {
        let method: HTTPMethod
        /// As it was registered.
        let path: String
        let isTraced: Bool
        let handler: Handler
    }

    private typealias Methods = [Route]

    /// A path with one segment that may be anything.
    private struct Pattern {
        let text: String
        let prefix: String
        let suffix: String
        var methods: Methods

        func parameter(in path: String) -> String? {
            let bytes = path.utf8
            guard bytes.count > prefix.utf8.count + suffix.utf8.count, path.hasPrefix(prefix), path.hasSuffix(suffix)
            else { return nil }
            // Of bytes: both ends are ASCII, and paths may be long.
            let start = bytes.index(bytes.startIndex, offsetBy: prefix.utf8.count)
            let end = bytes.index(bytes.endIndex, offsetBy: -suffix.utf8.count)
            let middle = path[start..<end]
            return middle.utf8.contains(UInt8(ascii: "/")) ? nil : PercentEncoding.decode(middle)
        }
    }

    private var routes: [String: Methods] = [:]
    private var patterns: [Pattern] = []

    public init() {}

    /// - Parameters:
    ///   - path: compared whole, not decoded; one segment of it may be `{name}`, which stands for any.
    ///   - isTraced: each request has a span of its own.
    public mutating func add(
        _ method: HTTPMethod, _ path: String, isTraced: Bool = false, _ handler: @escaping Handler
    ) {
        let route = Route(method: method, path: path, isTraced: isTraced, handler: handler)
        guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
            routes[path, default: []].append(route)
            return
        }
        if let known = patterns.firstIndex(where: { $0.text == path }) {
            patterns[known].methods.append(route)
        } else {
            patterns.append(
                Pattern(
                    text: path, prefix: String(path[..<open]), suffix: String(path[path.index(after: close)...]),
                    methods: [route]))
        }
    }

    enum Resolution {
        /// - Parameter route: its path, as it was registered.
        case handler(Handler, parameter: String, route: String, isTraced: Bool)
        case notFound
        case methodNotAllowed(allow: String, route: String)

        /// Empty if nothing is there.
        var route: String {
            switch self {
            case .handler(_, _, let route, _), .methodNotAllowed(_, let route): route
            case .notFound: ""
            }
        }
    }

    func resolve(_ head: RequestHead) -> Resolution {
        if let methods = routes[head.path] { return Self.choose(methods, head.method, "") }
        for pattern in patterns {
            if let parameter = pattern.parameter(in: head.path) {
                return Self.choose(pattern.methods, head.method, parameter)
            }
        }
        return .notFound
    }

    private static func choose(_ methods: Methods, _ method: HTTPMethod, _ parameter: String) -> Resolution {
        let wanted = method == .head ? .get : method
        if let found = methods.first(where: { $0.method == wanted }) {
            return .handler(found.handler, parameter: parameter, route: found.path, isTraced: found.isTraced)
        }
        var allowed = methods.map(\.method.text)
        if methods.contains(where: { $0.method == .get }) { allowed.append("HEAD") }
        return .methodNotAllowed(allow: allowed.joined(separator: ", "), route: methods.first?.path ?? "")
    }
}
