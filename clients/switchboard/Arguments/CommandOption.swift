/// An option of a command, as it is typed and as `--help` shows it.
struct CommandOption {
    /// With their dashes: `-c`, `--count`. The last one identifies it.
    let names: [String]
    /// What its value is called; nil if it takes none. In brackets: a number that can be left out.
    let value: String?
    let help: String
    /// It may be there more than once.
    let repeats: Bool

    init(_ names: String..., value: String? = nil, help: String, repeats: Bool = false) {
        self.names = names
        self.value = value
        self.help = help
        self.repeats = repeats
    }

    var isValueOptional: Bool { value?.hasPrefix("[") == true }

    var key: String { names.last ?? "" }

    var usage: String { names.joined(separator: ", ") + (value.map { " \($0)" } ?? "") }
}
