/// Numbers for people.
enum Decimals {
    /// Milliseconds with three digits behind the point.
    static func milliseconds(nanoseconds: UInt64) -> String {
        let microseconds = (nanoseconds + 500) / 1000
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    static func milliseconds(_ milliseconds: Double) -> String {
        self.milliseconds(nanoseconds: UInt64(max(0, min(milliseconds, 1e12)) * 1_000_000))
    }

    /// Without a fraction where there is none.
    static func short(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
    }

    /// With one digit behind the point.
    static func tenths(_ number: Double) -> String { fixed(number, digits: 1) }

    /// With three digits that say something, or all of a larger number's.
    static func significant(_ number: Double) -> String {
        let size = abs(number)
        // By what it is when rounded.
        return fixed(number, digits: size == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3)
    }

    /// In the unit that suits it: `842 µs`, `8.42 ms`, `1.24 s`.
    static func latency(milliseconds: Double) -> String {
        if milliseconds < 0.9995 { return fixed(milliseconds * 1000, digits: 0) + " µs" }
        if milliseconds < 999.5 { return significant(milliseconds) + " ms" }
        return significant(milliseconds / 1000) + " s"
    }

    static func latency(nanoseconds: UInt64) -> String { latency(milliseconds: Double(nanoseconds) / 1e6) }

    private static func fixed(_ number: Double, digits: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return String(number) }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((abs(number) * scale).rounded())
        let text = String(scaled)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let sign = number < 0 && scaled > 0 ? "-" : ""
        return sign + (digits == 0 ? padded : "\(padded.dropLast(digits)).\(padded.suffix(digits))")
    }
}
