import JSON

/// A problem in a few words: `503 dispatcher-unavailable`.
enum ProblemName {
    private static let prefix = "urn:switchboard:problem:"
    private static let charactersMax = 60

    /// - Parameter problem: `application/problem+json`, if it is what it should be.
    static func of(_ problem: UnsafeRawBufferPointer) -> String {
        let value = try? JSONValue.parse(Array(problem))
        let type = value?["type"]?.string ?? value?["title"]?.string ?? "no problem description"
        let name = type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
        let status = value?["status"]?.integer.map { "\($0) " } ?? ""
        return Printable.text(status + name.prefix(charactersMax))
    }
}
