import Core
import JSON

/// Events in HTTP messages (CloudEvents HTTP protocol binding 1.0 §3).
public enum HTTPBinding {
    public enum Mode: Equatable, Sendable {
        /// The body is an event.
        case structured
        /// The body is an array of events.
        case batch
        /// The body is an event's data; its attributes are `ce-*` headers.
        case binary
        case unsupported
    }

    /// - Parameter contentType: parameters such as `charset` are ignored: JSON is UTF-8.
    public static func mode(contentType: UnsafeRawBufferPointer?, hasSpecversionHeader: Bool) -> Mode {
        if let contentType {
            let bare = trimmed(UnsafeRawBufferPointer(rebasing: contentType.prefix { $0 != 0x3B }))
            if bare.equalsIgnoringCase("application/cloudevents+json") { return .structured }
            if bare.equalsIgnoringCase("application/cloudevents-batch+json") { return .batch }
            // Some other event format, of which only JSON is spoken here.
            let prefix: StaticString = "application/cloudevents"
            if bare.count >= prefix.utf8CodeUnitCount,
                bare.slice(0..<prefix.utf8CodeUnitCount).equalsIgnoringCase(prefix)
            {
                return .unsupported
            }
        }
        return hasSpecversionHeader ? .binary : .unsupported
    }

    /// The JSON of an event in binary mode. - Parameter headers: the `ce-*` ones, names in lower case.
    public static func event(
        fromBinary headers: [(name: String, value: String)], contentType: String?, body: UnsafeRawBufferPointer
    ) throws(EventError) -> [UInt8] {
        var json: [UInt8] = [0x7B]
        for header in headers {
            let name = header.name.dropFirst(3)
            guard !name.isEmpty, name != "data", name != "data_base64", name != "datacontenttype" else {
                throw .badHeader(header.name)
            }
            guard let value = decoded(header.value) else { throw .badHeader(header.name) }
            if json.count > 1 { json.append(0x2C) }
            JSONWriter.appendString(String(name), to: &json)
            json.append(0x3A)
            JSONWriter.appendString(value, to: &json)
        }
        if let contentType {
            json.append(",\"datacontenttype\":")
            JSONWriter.appendString(contentType, to: &json)
        }
        if !body.isEmpty { try append(body, isJSON: contentType.map(isJSON) ?? true, to: &json) }
        json.append(0x7D)
        try json.withBytes { bytes throws(EventError) in _ = try EventEnvelope.scan(bytes, rules: .strict) }
        return json
    }

    /// JSON stays what it is, text becomes a string, anything else Base64.
    private static func append(
        _ body: UnsafeRawBufferPointer, isJSON: Bool, to json: inout [UInt8]
    ) throws(EventError) {
        if isJSON {
            do throws(JSONError) { try JSONScanner.validate(body) } catch { throw .notJSON(error) }
            json.append(",\"data\":")
            json.append(bytes: body)
        } else if UTF8Validator.isValid(body) {
            json.append(",\"data\":")
            JSONWriter.appendString(body, to: &json)
        } else {
            json.append(",\"data_base64\":\"")
            appendBase64(body, to: &json)
            json.append(0x22)
        }
    }

    private static func isJSON(_ contentType: String) -> Bool {
        let bare = contentType.prefix { $0 != ";" }.lowercased()
        let type = String(bare.filter { $0 != " " && $0 != "\t" })
        return type == "application/json" || type == "text/json" || type.hasSuffix("+json")
    }

    /// Percent-decoding (§3.1.3.2); quotes around a value are taken off.
    private static func decoded(_ text: String) -> String? {
        var source = Array(text.utf8)[...]
        if source.count >= 2, source.first == 0x22, source.last == 0x22 { source = source.dropFirst().dropLast() }
        var bytes: [UInt8] = []
        while let byte = source.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = source.popFirst().flatMap(Hexadecimal.value),
                let low = source.popFirst().flatMap(Hexadecimal.value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// This module may not use OpenSSL, and the hot path never comes here.
    private static func appendBase64(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for at in 0..<3 { group = group << 8 | (at < count ? UInt32(bytes[start + at]) : 0) }
            for place in 0..<4 {
                output.append(place <= count ? digits[Int(group >> UInt32(18 - place * 6) & 63)] : 0x3D)
            }
        }
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var low = 0
        var high = bytes.count
        while low < high, bytes[low] == 0x20 || bytes[low] == 0x09 { low += 1 }
        while high > low, bytes[high - 1] == 0x20 || bytes[high - 1] == 0x09 { high -= 1 }
        return bytes.slice(low..<high)
    }
}
