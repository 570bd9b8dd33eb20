import Configuration
import Core
import HTTP1
import Tiers

/// Small formats: times, what the tiers sign, settings.
enum TextFuzzing {
    static func time(_ input: [UInt8]) {
        guard let parsed = input.withUnsafeBytes({ RFC3339.parse($0) }) else { return }
        let text = Array(RFC3339.text(wallNanoseconds: parsed).utf8)
        let again = text.withUnsafeBytes { RFC3339.parse($0) }
        precondition(again == parsed / 1000 * 1000, "\(parsed) is written as \(String(decoding: text, as: UTF8.self))")
    }

    static func internalHeaders(_ input: [UInt8]) {
        let authenticator = InternalAuthenticator(secret: [1, 2, 3])
        input.withUnsafeBytes { bytes in
            precondition(ReturnAddress.verifiedURL(in: bytes, by: authenticator) == nil, "forged")
            _ = ReturnAddress.place(in: bytes)
        }
        _ = EventFailure.decode(input)
        var parser = RequestParser(limits: HTTPLimits())
        var consumed = 0
        let event = try? input.withUnsafeBytes { try parser.next($0, consumed: &consumed) }
        guard case .head(let head)? = event else { return }
        precondition(
            authenticator.verify(head, body: [], wallNanoseconds: 1_800_000_000_000_000_000) != .accepted, "forged")
    }

    private static let schema = ConfigurationSchema(
        program: "fuzz", summary: "", version: "",
        settings: [
            Setting("port", .integer(0...65_535), default: "1", ""), Setting("name", .text, ""),
            Setting("on", .flag, ""),
            Setting("key", .secret, ""), Setting("mode", .choice(["a", "b"]), default: "a", ""),
        ])

    /// The lines are arguments; the whole is the configuration file as well.
    static func configuration(_ input: [UInt8]) {
        let arguments = input.split(separator: 0x0A).prefix(16).map { String(decoding: $0, as: UTF8.self) }
        for arguments in [Array(arguments), ["--config", "file"]] {
            switch schema.parse(arguments: arguments, environment: [:], readFile: { _ in .success(input) }) {
            case .run(let configuration), .check(let configuration):
                precondition((0...65_535).contains(configuration.integer("port")))
                precondition(["a", "b"].contains(configuration.text("mode")))
            case .exit(let code, let text, _): precondition((code == 0 || code == 2) && !text.isEmpty)
            }
        }
    }
}
