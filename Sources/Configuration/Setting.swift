/// One thing that a program can be told: by flag, by environment, by file; or its default.
public struct Setting: Sendable {
    public enum Kind: Equatable, Sendable {
        case text
        /// A text that must not be shown; also to be had from a file named by `--<name>-file` or `<NAME>_FILE`.
        case secret
        case integer(ClosedRange<Int>)
        /// In milliseconds; written `500ms`, `30s`, `2m`, `1h`, or plain seconds.
        case duration
        /// Written `64KiB`, `1MiB`, or plain bytes.
        case bytes
        case choice([String])
        /// Present or not.
        case flag
    }

    /// With dashes; the flag is `--<name>`, the environment variable `<PREFIX>_<NAME>`.
    public let name: String
    public let kind: Kind
    /// As it would be written; nil for none.
    public let defaultText: String?
    public let help: String

    public init(_ name: String, _ kind: Kind, default defaultText: String? = nil, _ help: String) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.help = help
    }

    var placeholder: String {
        switch kind {
        case .text: " TEXT"
        case .secret: " SECRET"
        case .integer: " N"
        case .duration: " TIME"
        case .bytes: " BYTES"
        case .choice(let choices): " " + choices.joined(separator: "|")
        case .flag: ""
        }
    }

    /// What it means; nil if it can't be read.
    func parse(_ text: String) -> SettingValue? {
        switch kind {
        case .text, .secret: return .text(text)
        case .integer(let range): return Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .duration: return Self.scaled(text, Self.durationUnits, plain: 1000).map { .integer($0) }
        case .bytes: return Self.scaled(text, Self.byteUnits, plain: 1).map { .integer($0) }
        case .choice(let choices): return choices.contains(text) ? .text(text) : nil
        case .flag: return text == "true" ? .flag(true) : text == "false" ? .flag(false) : nil
        }
    }

    /// What a value has to look like, for people.
    var expectation: String {
        switch kind {
        case .text, .secret: "a text"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a time such as 500ms, 30s or 2m"
        case .bytes: "a size such as 65536, 64KiB or 1MiB"
        case .choice(let choices): "one of " + choices.joined(separator: ", ")
        case .flag: "true or false"
        }
    }

    private static let durationUnits = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    private static let byteUnits = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

    private static func scaled(_ text: String, _ units: [(String, Int)], plain: Int) -> Int? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            return product(String(text.dropLast(unit.count)), factor)
        }
        return product(text, plain)
    }

    private static func product(_ digits: String, _ factor: Int) -> Int? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else {
            return nil
        }
        let (result, overflowed) = number.multipliedReportingOverflow(by: factor)
        return overflowed ? nil : result
    }
}
