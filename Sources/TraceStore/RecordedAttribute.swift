/// A named value.
public struct RecordedAttribute: Equatable, Sendable {
    public let key: String
    public let value: RecordedValue

    public init(_ key: String, _ value: RecordedValue) {
        self.key = key
        self.value = value
    }

    var byteCount: Int { 16 + key.utf8.count + value.byteCount }
}

extension [RecordedAttribute] {
    /// The last one of that name.
    public subscript(key: String) -> RecordedValue? { last { $0.key == key }?.value }

    var byteCount: Int { reduce(0) { $0 + $1.byteCount } }

    /// The values under the names, each once, as far as they can be looked for.
    func identifiers(_ names: [String]) -> [String] {
        var found: [String] = []
        for attribute in self where names.contains(attribute.key) {
            let text: String
            switch attribute.value {
            case .string(let value): text = value
            case .integer(let value): text = String(value)
            default: continue
            }
            guard !text.isEmpty, text.utf8.count <= RecordingLimits.identifierBytesMax, !found.contains(text) else {
                continue
            }
            found.append(text)
        }
        return found
    }
}
