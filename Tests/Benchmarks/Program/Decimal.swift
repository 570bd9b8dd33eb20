/// Numbers as text, without Foundation.
enum Decimal {
    static func text(_ value: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = UInt64((max(value, 0) * scale).rounded())
        let whole = scaled / UInt64(scale)
        guard digits > 0 else { return "\(whole)" }
        let rest = String(scaled % UInt64(scale))
        return "\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
    }

    /// As many digits as a reader wants.
    static func short(_ value: Double) -> String {
        if value == 0 { return "0" }
        return text(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0)
    }

    static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
