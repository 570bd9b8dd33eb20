import Core
import JSON

/// All settings of a program, and how they are read: flag, then environment, then file (`--config`, a JSON object of the
/// same names), then default. Unknown flags and unknown keys of the file are errors.
public struct ConfigurationSchema: Sendable {
    public static let environmentPrefix = "SWITCHBOARD_"
    private static let fileBytesMax = 1 << 20

    let program: String
    let summary: String
    let version: String
    let settings: [Setting]

    public init(program: String, summary: String, version: String, settings: [Setting]) {
        self.program = program
        self.summary = summary
        self.version = version
        self.settings = settings
    }

    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - readFile: the bytes of a file, or why it can't be read.
    public func parse(
        arguments: [String], environment: [String: String],
        readFile: (String) -> Result<[UInt8], SystemError> = FileReader.read
    ) -> ConfigurationOutcome {
        do throws(ConfigurationError) {
            var flags: [String: String] = [:]
            var isCheck = false
            var rest = arguments[...]
            while let argument = rest.popFirst() {
                switch argument {
                case "--help", "-h": return .exit(code: 0, text: HelpText.text(of: self), isError: false)
                case "--version": return .exit(code: 0, text: "\(program) \(version)", isError: false)
                case "--check-config": isCheck = true
                default: try readFlag(argument, &rest, into: &flags)
                }
            }
            let configuration = try resolve(flags, environment, readFile)
            return isCheck ? .check(configuration) : .run(configuration)
        } catch {
            let text = "\(program): \(error) (--help lists the settings)"
            return .exit(code: 2, text: text, isError: true)
        }
    }

    private func readFlag(
        _ argument: String, _ rest: inout ArraySlice<String>, into flags: inout [String: String]
    ) throws(ConfigurationError) {
        guard argument.hasPrefix("--") else { throw .unexpectedArgument(argument) }
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let isFile = name == "config" || secretName(ofFileFlag: name) != nil
        let setting = settings.first { $0.name == name }
        guard setting != nil || isFile else {
            throw .unknownFlag("--\(name)", nearest: nearest(to: name).map { "--\($0)" })
        }
        if flags[name] != nil { throw .repeatedFlag("--\(name)") }
        if parts.count == 2 {
            flags[name] = String(parts[1])
        } else if setting?.kind == .flag {
            flags[name] = "true"
        } else {
            guard let value = rest.popFirst() else { throw .missingValue("--\(name)") }
            flags[name] = value
        }
    }

    private func secretName(ofFileFlag name: String) -> String? {
        guard name.hasSuffix("-file") else { return nil }
        let bare = String(name.dropLast(5))
        return settings.contains { $0.name == bare && $0.kind == .secret } ? bare : nil
    }

    private func resolve(
        _ flags: [String: String], _ environment: [String: String],
        _ readFile: (String) -> Result<[UInt8], SystemError>
    ) throws(ConfigurationError) -> Configuration {
        let file = try fileValues(flags["config"] ?? environment[Self.environmentName("config")], readFile)
        var values: [String: SettingValue] = [:]
        for setting in settings {
            let name = setting.name
            let variable = Self.environmentName(name)
            var sources: [(text: String, origin: String)] = []
            if let text = flags[name] { sources.append((text, "--\(name)")) }
            if setting.kind == .secret, let path = flags["\(name)-file"] {
                sources.append((try secret(path, "--\(name)-file", readFile), "--\(name)-file"))
            }
            if let text = environment[variable] { sources.append((text, variable)) }
            if setting.kind == .secret, let path = environment[variable + "_FILE"] {
                sources.append((try secret(path, variable + "_FILE", readFile), variable + "_FILE"))
            }
            if let text = file[name] { sources.append((text, "`\(name)` in the configuration file")) }
            if let text = setting.defaultText { sources.append((text, "the default of \(name)")) }
            guard let source = sources.first else { continue }
            guard let value = setting.parse(source.text) else {
                let shown = setting.kind == .secret ? nil : source.text
                throw .badValue(origin: source.origin, value: shown, expectation: setting.expectation)
            }
            values[name] = value
        }
        return Configuration(values: values, shownSecrets: shownSecrets(flags))
    }

    /// Those of which `ps` shows something that is secret.
    private func shownSecrets(_ flags: [String: String]) -> [String] {
        settings.filter { setting in
            guard setting.kind == .secret, let text = flags[setting.name] else { return false }
            // A URL without a user is none.
            return !text.contains("://") || text.contains("@")
        }.map(\.name)
    }

    private func fileValues(
        _ path: String?, _ readFile: (String) -> Result<[UInt8], SystemError>
    ) throws(ConfigurationError) -> [String: String] {
        guard let path else { return [:] }
        let bytes: [UInt8]
        switch readFile(path) {
        case .success(let read): bytes = read
        case .failure(let error): throw .badFile(path, error.description)
        }
        guard bytes.count <= Self.fileBytesMax else { throw .badFile(path, "it is larger than 1 MiB") }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(bytes) } catch { throw .badFile(path, "\(error)") }
        guard case .object(let members) = value else { throw .badFile(path, "it is no JSON object") }
        var result: [String: String] = [:]
        for (name, value) in members {
            guard settings.contains(where: { $0.name == name }) else {
                throw .unknownKey(name, file: path, nearest: nearest(to: name))
            }
            switch value {
            case .string(let text), .number(let text): result[name] = text
            case .bool(let flag): result[name] = flag ? "true" : "false"
            default: throw .badFile(path, "`\(name)` is neither text nor number nor boolean")
            }
        }
        return result
    }

    private func secret(
        _ path: String, _ origin: String, _ readFile: (String) -> Result<[UInt8], SystemError>
    ) throws(ConfigurationError) -> String {
        guard case .success(let bytes) = readFile(path) else { throw .unreadableSecret(origin: origin, path: path) }
        // Editors end files with a line break; it is not a part of the secret.
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    static func environmentName(_ name: String) -> String {
        environmentPrefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    private func nearest(to name: String) -> String? { EditDistance.nearest(to: name, among: settings.map(\.name)) }
}
