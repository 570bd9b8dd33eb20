import Core

/// What the header fields say about the message itself: its body's length (RFC 9112 §6), the connection's fate, the
/// host. Anything that two parsers could read differently is refused.
struct Framing {
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var expectsContinue = false
    private var hosts = 0
    private var hasTransferEncoding = false
    private var hasUnknownCoding = false
    private var hasClose = false
    private var hasKeepAlive = false

    init(
        _ fields: [HTTPField], in head: UnsafeRawBufferPointer, isHTTP11: Bool
    ) throws(HTTPParseError) {
        for field in fields {
            let name = head.slice(field.name)
            let value = head.slice(field.value)
            switch name.count {
            case 4: if name.equalsIgnoringCase("host") { try receiveHost(value) }
            case 6: if name.equalsIgnoringCase("expect") { try receiveExpectation(value) }
            case 10: if name.equalsIgnoringCase("connection") { receiveConnection(value) }
            case 14: if name.equalsIgnoringCase("content-length") { try receiveLength(value) }
            case 17: if name.equalsIgnoringCase("transfer-encoding") { try receiveCodings(value) }
            default: break
            }
        }
        if isHTTP11, hosts == 0 { throw .missingHost }
        guard hasTransferEncoding else { return }
        guard isHTTP11 else { throw .transferEncodingInHTTP10 }
        guard contentLength == nil else { throw .contentLengthWithTransferEncoding }
        guard !hasUnknownCoding else { throw .unknownTransferEncoding }
        guard isChunked else { throw .badTransferEncoding }
    }

    /// RFC 9112 §9.3.
    func keepsAlive(isHTTP11: Bool) -> Bool { !hasClose && (isHTTP11 || hasKeepAlive) }

    private mutating func receiveHost(_ value: UnsafeRawBufferPointer) throws(HTTPParseError) {
        guard hosts == 0 else { throw .repeatedHost }
        hosts = 1
        guard RequestTarget.isAuthority(value, needsPort: false) else { throw .badHost }
    }

    private mutating func receiveExpectation(_ value: UnsafeRawBufferPointer) throws(HTTPParseError) {
        guard value.equalsIgnoringCase("100-continue") else { throw .unknownExpectation }
        expectsContinue = true
    }

    private mutating func receiveConnection(_ value: UnsafeRawBufferPointer) {
        ListElements.forEach(in: value) { option in
            if option.equalsIgnoringCase("close") { hasClose = true }
            if option.equalsIgnoringCase("keep-alive") { hasKeepAlive = true }
        }
    }

    /// Equal values could be merged by the RFC; refusing them is allowed too, and safer.
    private mutating func receiveLength(_ value: UnsafeRawBufferPointer) throws(HTTPParseError) {
        guard contentLength == nil, !value.contains(0x2C) else { throw .conflictingContentLength }
        guard !value.isEmpty else { throw .badContentLength }
        var number = 0
        for byte in value {
            guard CharacterClass.isDigit(byte) else { throw .badContentLength }
            let (product, hasOverflown) = number.multipliedReportingOverflow(by: 10)
            let (sum, hasSumOverflown) = product.addingReportingOverflow(Int(byte) - 0x30)
            guard !hasOverflown, !hasSumOverflown else { throw .badContentLength }
            number = sum
        }
        contentLength = number
    }

    /// `chunked` once and last; other codings are known to exist, but not here.
    private mutating func receiveCodings(_ value: UnsafeRawBufferPointer) throws(HTTPParseError) {
        hasTransferEncoding = true
        var isMalformed = false
        ListElements.forEach(in: value) { coding in
            if isChunked || coding.isEmpty {
                isMalformed = true
            } else if coding.equalsIgnoringCase("chunked") {
                isChunked = true
            } else {
                hasUnknownCoding = true
            }
        }
        if isMalformed { throw .badTransferEncoding }
    }
}
