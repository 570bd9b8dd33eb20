/// An option of a command, as it is typed and as `--help` shows it.
struct CommandOption {
    /// With their dashes: `-c`, `--count`. The last one identifies it.
    let names: [String]
    /// What its value is called; nil if it takes none.
    let value: String?
    let help: String

    init(_ names: String..., value: String? = nil, help: String) {
        self.names = names
        self.value = value
        self.help = help
    }

    var key: String { names.last ?? "" }

    var usage: String { names.joined(separator: ", ") + (value.map { " \($0)" } ?? "") }
}
