import Configuration

/// What a command takes: options before, behind and between its operands, `--` ends the options.
struct CommandSyntax {
    let name: String
    /// One line.
    let summary: String
    /// The operands as the usage line shows them.
    let operands: String
    let operandsMax: Int
    let options: [CommandOption]
    /// Paragraphs and examples behind the options.
    let notes: String

    enum Outcome {
        case help(String)
        case arguments(ParsedArguments)
    }

    func parse(_ arguments: [String]) throws(UsageError) -> Outcome {
        var parsed = ParsedArguments()
        var rest = arguments[...]
        var takesOptions = true
        while let argument = rest.popFirst() {
            if takesOptions, argument == "--help" || argument == "-h" { return .help(help) }
            if takesOptions, argument == "--" {
                takesOptions = false
            } else if takesOptions, argument.hasPrefix("-"), argument.utf8.count > 1 {
                try parse(option: argument, &rest, into: &parsed)
            } else {
                guard parsed.operands.count < operandsMax else {
                    throw UsageError("`\(argument)` is one operand too many")
                }
                parsed.operands.append(argument)
            }
        }
        return .arguments(parsed)
    }

    /// `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`.
    private func parse(
        option argument: String, _ rest: inout ArraySlice<String>, into parsed: inout ParsedArguments
    ) throws(UsageError) {
        var name = argument
        var attached: String?
        if argument.hasPrefix("--") {
            if let equals = argument.firstIndex(of: "=") {
                name = String(argument[..<equals])
                attached = String(argument[argument.index(after: equals)...])
            }
        } else if argument.count > 2 {
            name = String(argument.prefix(2))
            attached = String(argument.dropFirst(2))
        }
        guard let option = options.first(where: { $0.names.contains(name) }) else { throw unknown(name) }
        guard parsed.values[option.key] == nil else { throw UsageError("\(name) is there twice") }
        guard let placeholder = option.value else {
            guard attached == nil else {
                throw UsageError("\(name) takes no value, so `\(argument)` is not understood")
            }
            parsed.values[option.key] = ""
            return
        }
        if option.isValueOptional, attached == nil {
            let isNumber = rest.first.map { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
            parsed.values[option.key] = isNumber == true ? rest.popFirst() : ""
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            throw UsageError("\(name) wants a value: \(name) \(placeholder)")
        }
        if option.repeats {
            parsed.lists[option.key, default: []].append(value)
        } else {
            parsed.values[option.key] = value
        }
    }

    private func unknown(_ name: String) -> UsageError {
        let known = options.flatMap(\.names) + ["--help"]
        let nearest = EditDistance.nearest(to: name, among: known.filter { $0.hasPrefix("--") })
        return UsageError("there is no option \(name)" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }

    /// What `--help` prints.
    var help: String {
        let rows = options.map { ($0.usage, $0.help) } + [("-h, --help", "Prints this.")]
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "  " + $0.0 + String(repeating: " ", count: width - $0.0.count + 2) + $0.1 }
        return """
            switchboard \(name): \(summary)

            usage: switchboard \(name) [options] \(operands)

            \(lines.joined(separator: "\n"))

            \(notes)

            """
    }
}
