/// The settings in force. Asking for a setting that the schema lacks, or as another kind, is a mistake of the program's.
public struct Configuration: Sendable {
    private let values: [String: SettingValue]

    /// Secrets that were given as flags, which everybody on the machine can see.
    public let shownSecrets: [String]

    init(values: [String: SettingValue], shownSecrets: [String] = []) {
        self.values = values
        self.shownSecrets = shownSecrets
    }

    public func optionalText(_ name: String) -> String? {
        guard let value = values[name] else { return nil }
        guard case .text(let text) = value else { preconditionFailure("\(name) is no text") }
        return text
    }

    public func text(_ name: String) -> String {
        guard let text = optionalText(name) else { preconditionFailure("\(name) has no value") }
        return text
    }

    /// A number, a size in bytes, or a time in milliseconds.
    public func integer(_ name: String) -> Int {
        guard case .integer(let number) = values[name] else { preconditionFailure("\(name) is no number") }
        return number
    }

    public func flag(_ name: String) -> Bool { values[name] == .flag(true) }
}
