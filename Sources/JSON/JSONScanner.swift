import Core

/// Walks over JSON text without building anything. Strict: what it accepts is RFC 8259, nested at most as deep as asked.
public enum JSONScanner {
    public static let depthMax = 64

    /// One whole value, maybe between white space.
    public static func validate(
        _ bytes: UnsafeRawBufferPointer, depthMax: Int = JSONScanner.depthMax, checkUTF8: Bool = true
    ) throws(JSONError) {
        if checkUTF8, !UTF8Validator.isValid(bytes) { throw .invalidUTF8 }
        let end = skipSpace(bytes, try skipValue(bytes, at: skipSpace(bytes, 0), depthMax: depthMax))
        if end != bytes.count { throw .trailingBytes(at: end) }
    }

    /// The offset behind the value that begins at `at`.
    public static func skipValue(
        _ bytes: UnsafeRawBufferPointer, at: Int, depthMax: Int = JSONScanner.depthMax
    ) throws(JSONError) -> Int {
        guard at < bytes.count else { throw .unexpectedEnd(at: at) }
        switch bytes[at] {
        case 0x22: return try skipString(bytes, at: at)
        case 0x7B:
            return try walkObject(bytes, at: at, depthMax: depthMax) { _, value throws(JSONError) in
                try skipValue(bytes, at: value, depthMax: depthMax - 1)
            }
        case 0x5B:
            return try walkArray(bytes, at: at, depthMax: depthMax) { element throws(JSONError) in
                try skipValue(bytes, at: element, depthMax: depthMax - 1)
            }
        case 0x74: return try skip("true", bytes, at)
        case 0x66: return try skip("false", bytes, at)
        case 0x6E: return try skip("null", bytes, at)
        default: return try skipNumber(bytes, at: at)
        }
    }

    /// The ranges of an array's elements. Nothing else may surround the array but white space.
    public static func forEachElement(
        _ bytes: UnsafeRawBufferPointer, depthMax: Int = JSONScanner.depthMax, _ body: (Range<Int>) -> Void
    ) throws(JSONError) {
        let start = skipSpace(bytes, 0)
        guard start < bytes.count, bytes[start] == 0x5B else { throw .notArray }
        let end = try walkArray(bytes, at: start, depthMax: depthMax) { element throws(JSONError) in
            let end = try skipValue(bytes, at: element, depthMax: depthMax - 1)
            body(element..<end)
            return end
        }
        try expectEnd(bytes, end)
    }

    /// The ranges of an object's member names, between their quotes, and of their values.
    public static func forEachMember(
        _ bytes: UnsafeRawBufferPointer, depthMax: Int = JSONScanner.depthMax,
        _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void
    ) throws(JSONError) {
        let start = skipSpace(bytes, 0)
        guard start < bytes.count, bytes[start] == 0x7B else { throw .notObject }
        let end = try walkObject(bytes, at: start, depthMax: depthMax) { key, value throws(JSONError) in
            let end = try skipValue(bytes, at: value, depthMax: depthMax - 1)
            body(key, value..<end)
            return end
        }
        try expectEnd(bytes, end)
    }

    private static func expectEnd(_ bytes: UnsafeRawBufferPointer, _ end: Int) throws(JSONError) {
        let last = skipSpace(bytes, end)
        if last != bytes.count { throw .trailingBytes(at: last) }
    }

    // MARK: Building blocks

    /// Mostly there is none, which is seen without a call.
    @inlinable @inline(__always)
    public static func skipSpace(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        start < bytes.count && bytes[start] > 0x20 ? start : skipSomeSpace(bytes, start)
    }

    @usableFromInline @inline(never)
    static func skipSomeSpace(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at < bytes.count {
            let byte = bytes[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return at }
            at += 1
        }
        return at
    }

    /// - Parameters:
    ///   - at: of the opening brace.
    ///   - member: gets the name's range and where the value begins; returns where it ends.
    /// - Returns: the offset behind the closing brace.
    @inlinable
    public static func walkObject<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, at start: Int, depthMax: Int,
        member: (_ key: Range<Int>, _ value: Int) throws(Failure) -> Int
    ) throws(Failure) -> Int where Failure: JSONScanFailure {
        guard depthMax > 0 else { throw Failure(.tooDeep(at: start)) }
        var at = skipSpace(bytes, start + 1)
        if at < bytes.count, bytes[at] == 0x7D { return at + 1 }
        while true {
            guard at < bytes.count else { throw Failure(.unexpectedEnd(at: at)) }
            guard bytes[at] == 0x22 else { throw Failure(.unexpectedByte(at: at)) }
            let keyEnd: Int
            do throws(JSONError) { keyEnd = try skipString(bytes, at: at) } catch { throw Failure(error) }
            let key = at + 1..<keyEnd - 1
            at = skipSpace(bytes, keyEnd)
            guard at < bytes.count else { throw Failure(.unexpectedEnd(at: at)) }
            guard bytes[at] == 0x3A else { throw Failure(.unexpectedByte(at: at)) }
            at = skipSpace(bytes, try member(key, skipSpace(bytes, at + 1)))
            guard at < bytes.count else { throw Failure(.unexpectedEnd(at: at)) }
            if bytes[at] == 0x7D { return at + 1 }
            guard bytes[at] == 0x2C else { throw Failure(.unexpectedByte(at: at)) }
            at = skipSpace(bytes, at + 1)
        }
    }

    /// As `walkObject`, for the elements of an array.
    @inlinable
    public static func walkArray<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, at start: Int, depthMax: Int,
        element: (Int) throws(Failure) -> Int
    ) throws(Failure) -> Int where Failure: JSONScanFailure {
        guard depthMax > 0 else { throw Failure(.tooDeep(at: start)) }
        var at = skipSpace(bytes, start + 1)
        if at < bytes.count, bytes[at] == 0x5D { return at + 1 }
        while true {
            at = skipSpace(bytes, try element(at))
            guard at < bytes.count else { throw Failure(.unexpectedEnd(at: at)) }
            if bytes[at] == 0x5D { return at + 1 }
            guard bytes[at] == 0x2C else { throw Failure(.unexpectedByte(at: at)) }
            at = skipSpace(bytes, at + 1)
        }
    }

    /// The offset behind the closing quote. - Parameter at: of the opening quote.
    public static func skipString(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> Int {
        var at = start + 1
        while true {
            at = plainEnd(bytes, from: at)
            guard at < bytes.count else { throw .unexpectedEnd(at: at) }
            switch bytes[at] {
            case 0x22: return at + 1
            case 0x5C: at = try skipEscape(bytes, at)
            default: throw .controlCharacter(at: at)
            }
        }
    }

    /// The first quote, backslash or control character, eight bytes at a time.
    private static func plainEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        var at = start
        while at + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let found =
                ((word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & tops
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < bytes.count, bytes[at] >= 0x20, bytes[at] != 0x22, bytes[at] != 0x5C { at += 1 }
        return at
    }

    private static func skipEscape(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(JSONError) -> Int {
        guard at + 1 < bytes.count else { throw .unexpectedEnd(at: bytes.count) }
        switch bytes[at + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return at + 2
        case 0x75:
            guard at + 6 <= bytes.count else { throw .unexpectedEnd(at: bytes.count) }
            for digit in at + 2..<at + 6 where Hexadecimal.value(of: bytes[digit]) == nil { throw .badEscape(at: at) }
            return at + 6
        default: throw .badEscape(at: at)
        }
    }

    private static func skip(
        _ literal: StaticString, _ bytes: UnsafeRawBufferPointer, _ at: Int
    ) throws(JSONError) -> Int {
        let end = at + literal.utf8CodeUnitCount
        guard end <= bytes.count else { throw .unexpectedEnd(at: bytes.count) }
        guard bytes.slice(at..<end).equals(literal) else { throw .unexpectedByte(at: at) }
        return end
    }

    private static func skipNumber(_ bytes: UnsafeRawBufferPointer, at start: Int) throws(JSONError) -> Int {
        var at = start
        if bytes[at] == 0x2D { at += 1 }
        let integer = skipDigits(bytes, at)
        if integer == at { throw at == start && at < bytes.count ? .unexpectedByte(at: at) : .badNumber(at: start) }
        if bytes[at] == 0x30, integer > at + 1 { throw .badNumber(at: start) }
        at = integer
        if at < bytes.count, bytes[at] == 0x2E {
            let fraction = skipDigits(bytes, at + 1)
            if fraction == at + 1 { throw .badNumber(at: start) }
            at = fraction
        }
        if at < bytes.count, bytes[at] | 0x20 == 0x65 {
            at += 1
            if at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
            let exponent = skipDigits(bytes, at)
            if exponent == at { throw .badNumber(at: start) }
            at = exponent
        }
        return at
    }

    private static func skipDigits(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
        return at
    }
}
