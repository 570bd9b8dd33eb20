/// Every kind of problem the tiers answer with. The raw value is the last part of the problem's `type` and the metric
/// label, so it never changes.
public enum ProblemKind: String, CaseIterable, Sendable {
    case malformedRequest = "malformed-request"
    case malformedEvent = "malformed-event"
    case batchNotAllowed = "batch-not-allowed"
    case unauthenticated = "unauthenticated"
    case forbidden = "forbidden"
    case notFound = "not-found"
    case methodNotAllowed = "method-not-allowed"
    case requestTimeout = "request-timeout"
    case duplicateIdentifier = "duplicate-id"
    case sessionHeld = "session-held"
    case replayedCall = "replayed-call"
    case sessionGone = "session-gone"
    case instanceGone = "instance-gone"
    case contentTooLarge = "content-too-large"
    case targetTooLong = "target-too-long"
    case unsupportedMediaType = "unsupported-media-type"
    case expectationFailed = "expectation-failed"
    case unroutableType = "unroutable-type"
    case upgradeRequired = "upgrade-required"
    case tooManyRequests = "too-many-requests"
    case headersTooLarge = "headers-too-large"
    case internalError = "internal-error"
    case notImplemented = "not-implemented"
    case listenerFailed = "listener-failed"
    case dispatcherUnavailable = "dispatcher-unavailable"
    case brokerUnavailable = "broker-unavailable"
    case noListener = "no-listener"
    case keysUnavailable = "keys-unavailable"
    case overloaded = "overloaded"
    case draining = "draining"
    case deadlinePassed = "deadline-passed"
    case versionNotSupported = "http-version-not-supported"

    public var status: Int {
        switch self {
        case .malformedRequest, .malformedEvent, .batchNotAllowed: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .duplicateIdentifier, .sessionHeld, .replayedCall: 409
        case .sessionGone, .instanceGone: 410
        case .contentTooLarge: 413
        case .targetTooLong: 414
        case .unsupportedMediaType: 415
        case .expectationFailed: 417
        case .unroutableType: 422
        case .upgradeRequired: 426
        case .tooManyRequests: 429
        case .headersTooLarge: 431
        case .internalError: 500
        case .notImplemented: 501
        case .listenerFailed: 502
        case .dispatcherUnavailable, .brokerUnavailable, .noListener, .keysUnavailable, .overloaded, .draining: 503
        case .deadlinePassed: 504
        case .versionNotSupported: 505
        }
    }

    /// Whether the same request can succeed a moment later: it was not acted upon.
    public var isPassing: Bool { status == 503 || status == 429 }

    public var title: String {
        switch self {
        case .malformedRequest: "The request is malformed"
        case .malformedEvent: "Not a valid CloudEvent"
        case .batchNotAllowed: "A batch is not allowed here"
        case .unauthenticated: "Credentials are missing or wrong"
        case .forbidden: "Not allowed"
        case .notFound: "Nothing is here"
        case .methodNotAllowed: "The method is not allowed here"
        case .requestTimeout: "The request took too long to arrive"
        case .duplicateIdentifier: "The id is already in use"
        case .sessionHeld: "The session is held by somebody else"
        case .replayedCall: "The call was made before"
        case .sessionGone: "The session is gone"
        case .instanceGone: "The instance of the gateway is gone"
        case .contentTooLarge: "The content is too large"
        case .targetTooLong: "The request target is too long"
        case .unsupportedMediaType: "The media type is not supported"
        case .expectationFailed: "The expectation can't be met"
        case .unroutableType: "No route for this event type"
        case .upgradeRequired: "An upgrade to WebSocket is required"
        case .tooManyRequests: "Too many requests"
        case .headersTooLarge: "The headers are too large"
        case .internalError: "Internal error"
        case .notImplemented: "Not implemented"
        case .listenerFailed: "The service failed on the event"
        case .dispatcherUnavailable: "The dispatcher can't be reached"
        case .brokerUnavailable: "The message broker can't be reached"
        case .noListener: "No service listens for this event type"
        case .keysUnavailable: "The keys for tokens are not there"
        case .overloaded: "Overloaded"
        case .draining: "Shutting down"
        case .deadlinePassed: "No answer before the deadline"
        case .versionNotSupported: "The HTTP version is not supported"
        }
    }

    /// The problem's `type` URI (RFC 9457 §3.1.1). A URN: it names the kind and promises no page.
    public var type: String { "urn:switchboard:problem:\(rawValue)" }
}
