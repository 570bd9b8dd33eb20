import Core

/// A request method (RFC 9110 §9).
public enum HTTPMethod: Equatable, Sendable {
    case get, head, post, put, delete, options, patch, connect, trace
    case other(String)

    init(_ token: UnsafeRawBufferPointer) {
        if token.equals("GET") {
            self = .get
        } else if token.equals("POST") {
            self = .post
        } else {
            self.init(text: token.text)
        }
    }

    private init(text: String) {
        switch text {
        case "HEAD": self = .head
        case "PUT": self = .put
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        case "PATCH": self = .patch
        case "CONNECT": self = .connect
        case "TRACE": self = .trace
        default: self = .other(text)
        }
    }

    public var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other(let text): text
        }
    }
}
