import Core

/// Why a message is refused (RFC 9112). The connection can't be used any more: where the next message begins is unknown.
public enum HTTPParseError: Error, Equatable, CaseIterable, Sendable {
    case badRequestLine
    case badStatusLine
    case badTarget
    case badHeaderName
    case badHeaderValue
    case foldedHeader
    case bareLineBreak
    case missingHost
    case repeatedHost
    case badHost
    case badContentLength
    case conflictingContentLength
    case contentLengthWithTransferEncoding
    case transferEncodingInHTTP10
    case badTransferEncoding
    case unknownTransferEncoding
    case badChunk
    case chunkExtensionTooLong
    case trailersTooLong
    case unknownExpectation
    case versionNotSupported
    case targetTooLong
    case headersTooLarge
    case tooManyHeaders
    case bodyTooLarge

    public var problemKind: ProblemKind {
        switch self {
        case .unknownTransferEncoding: .notImplemented
        case .unknownExpectation: .expectationFailed
        case .versionNotSupported: .versionNotSupported
        case .targetTooLong: .targetTooLong
        case .headersTooLarge, .tooManyHeaders, .trailersTooLong: .headersTooLarge
        case .bodyTooLarge: .contentTooLarge
        default: .malformedRequest
        }
    }

    /// For people; says nothing of what was received.
    public var detail: String {
        switch self {
        case .badRequestLine: "The request line is malformed."
        case .badStatusLine: "The status line is malformed."
        case .badTarget: "The request target is malformed."
        case .badHeaderName: "A header name is malformed."
        case .badHeaderValue: "A header value has forbidden characters."
        case .foldedHeader: "Folded header lines are not accepted."
        case .bareLineBreak: "Lines end with CR LF."
        case .missingHost: "The Host header is missing."
        case .repeatedHost: "There is more than one Host header."
        case .badHost: "The Host header is no host."
        case .badContentLength: "Content-Length is not a number."
        case .conflictingContentLength: "There are several Content-Length values."
        case .contentLengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other."
        case .transferEncodingInHTTP10: "HTTP/1.0 has no Transfer-Encoding."
        case .badTransferEncoding: "Transfer-Encoding ends in chunked, which stands there once."
        case .unknownTransferEncoding: "The only Transfer-Encoding is chunked."
        case .badChunk: "A chunk is malformed."
        case .chunkExtensionTooLong: "A chunk extension is too long."
        case .trailersTooLong: "The trailers are too long."
        case .unknownExpectation: "The only expectation is 100-continue."
        case .versionNotSupported: "Only HTTP/1.0 and HTTP/1.1 are spoken."
        case .targetTooLong: "The request line is too long."
        case .headersTooLarge: "The headers are too large."
        case .tooManyHeaders: "There are too many headers."
        case .bodyTooLarge: "The body is too large."
        }
    }
}
