import Testing

/// A row of a table: what comes in, what is said of it.
struct RequestCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: String
    let transcript: [String]

    init(_ name: String, _ input: String, _ transcript: String...) {
        self.name = name
        self.input = input
        self.transcript = transcript
    }

    var bytes: [UInt8] { Array(input.utf8) }
    var testDescription: String { name }
}
