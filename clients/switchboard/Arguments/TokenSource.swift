import Configuration
import Core
import Program

/// Where the token is that says who the user is. It is never shown.
enum TokenSource: Equatable, CustomStringConvertible {
    static let variable = "SWITCHBOARD_TOKEN"
    static let option = CommandOption(
        "--token-file", value: "FILE", help: "A token (JWT) that says who you are, read for each connection.")
    static let notes = """
        Where the gateway asks for a token it is read from --token-file, or else from the variable \(variable); neither
        is shown by ps. A file is read again for each connection, so that it can be kept fresh.
        """
    /// What a gateway takes.
    private static let bytesMax = 8192

    case none
    case variable(String)
    case file(String)

    /// Checks what is there now.
    init(
        _ arguments: ParsedArguments, environment: [String: String] = Environment.all
    ) throws(UsageError) {
        if let path = arguments.values["--token-file"] {
            self = .file(path)
        } else if let text = environment[Self.variable], !text.isEmpty {
            self = .variable(text)
        } else {
            self = .none
        }
        _ = try token()
    }

    var description: String {
        switch self {
        case .none: "no token"
        case .variable: "the token in \(Self.variable)"
        case .file(let path): "the token in \(path)"
        }
    }

    /// A line of a request's head, with its end; empty without a token, or if it can't be read any more.
    var headerLine: String {
        guard let token = try? token() else { return "" }
        return "Authorization: Bearer \(token)\r\n"
    }

    private func token() throws(UsageError) -> String? {
        let text: String
        switch self {
        case .none: return nil
        case .variable(let value): text = value
        case .file(let path):
            switch FileReader.read(path) {
            case .success(let bytes): text = String(decoding: bytes, as: UTF8.self)
            case .failure(let error): throw UsageError("--token-file: \(Printable.text(path)) can't be read: \(error)")
            }
        }
        let token = text.utf8.reversed().drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }
        guard (1...Self.bytesMax).contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UsageError("\(Printable.text(description)) is none: one word of at most \(Self.bytesMax) bytes")
        }
        return String(decoding: Array(token), as: UTF8.self)
    }
}
