import Core
import JSON

/// A JSON object of a token or a key set, with every name at most once.
struct TokenDocument {
    private let members: [String: JSONValue]

    init(_ bytes: [UInt8], depthMax: Int) throws(TokenError) {
        let value: JSONValue
        do throws(JSONError) {
            try bytes.withBytes { bytes throws(JSONError) in try JSONScanner.validate(bytes, depthMax: depthMax) }
            value = try JSONValue.parse(bytes)
        } catch {
            throw .malformed
        }
        try self.init(value)
    }

    init(_ value: JSONValue) throws(TokenError) {
        guard case .object(let list) = value else { throw .malformed }
        var members: [String: JSONValue] = [:]
        for (name, value) in list where members.updateValue(value, forKey: name) != nil { throw .duplicateMember }
        self.members = members
    }

    subscript(name: String) -> JSONValue? { members[name] }

    /// Nil if it is absent; anything but a string is malformed.
    func string(_ name: String) throws(TokenError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string else { throw .malformed }
        return text
    }

    /// A string, or an array of them.
    func strings(_ name: String) throws(TokenError) -> [String]? {
        guard let value = members[name] else { return nil }
        if let text = value.string { return [text] }
        guard case .array(let elements) = value else { throw .malformed }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw .malformed }
            texts.append(text)
        }
        return texts
    }

    /// A NumericDate (RFC 7519 §2): seconds, maybe with a fraction.
    func seconds(_ name: String) throws(TokenError) -> Double? {
        guard let value = members[name] else { return nil }
        guard let seconds = value.double, seconds.isFinite else { throw .malformed }
        return seconds
    }
}
