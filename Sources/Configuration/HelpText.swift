/// What `--help` prints.
enum HelpText {
    private static let columnsMax = 100
    private static let indent = 8

    static func text(of schema: ConfigurationSchema) -> String {
        var lines = [schema.summary, "", "usage: \(schema.program) [--flag VALUE ...]", ""]
        lines.append(
            "Each setting is read from its flag, else its environment variable, else the file of --config (a JSON")
        lines.append("object of the same names, without the dashes in front), else it has its default.")
        lines.append("")
        for setting in schema.settings {
            lines.append(
                "  --\(setting.name)\(setting.placeholder)   \(ConfigurationSchema.environmentName(setting.name))")
            var help = setting.help
            if let text = setting.defaultText, setting.kind != .flag { help += " Default: \(text)." }
            lines += wrapped(help)
            if setting.kind == .secret {
                lines += wrapped("Also as --\(setting.name)-file FILE, so that ps does not show it.")
            }
        }
        lines.append("  --config FILE   \(ConfigurationSchema.environmentName("config"))")
        lines.append("  --check-config   checks the settings, and the files that they name, and ends")
        lines.append("  --help, --version")
        return lines.joined(separator: "\n")
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > columnsMax {
                lines.append(String(repeating: " ", count: indent) + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(String(repeating: " ", count: indent) + line) }
        return lines
    }
}
