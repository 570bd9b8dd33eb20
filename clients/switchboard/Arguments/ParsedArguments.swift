/// A command's options and operands, as text.
struct ParsedArguments {
    /// By the option's key; empty for one that takes no value.
    var values: [String: String] = [:]
    /// Those of the options that may be repeated.
    var lists: [String: [String]] = [:]
    var operands: [String] = []

    func has(_ key: String) -> Bool { values[key] != nil }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[key] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "\(key) wants a whole number from \(range.lowerBound) to \(range.upperBound), not `\(text)`")
        }
        return number
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = values[key] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            let range = "\(Decimals.short(range.lowerBound)) to \(Decimals.short(range.upperBound))"
            throw UsageError("\(key) wants a number from \(range), not `\(text)`")
        }
        return number
    }

    /// Seconds, with a fraction if need be, as milliseconds.
    func milliseconds(_ key: String, secondsMin: Double, secondsMax: Double) throws(UsageError) -> UInt64? {
        guard let text = values[key] else { return nil }
        guard let seconds = Double(text), seconds >= secondsMin, seconds <= secondsMax else {
            let range = "\(Decimals.short(secondsMin)) to \(Decimals.short(secondsMax))"
            throw UsageError("\(key) wants seconds from \(range), not `\(text)`")
        }
        return UInt64(seconds * 1000)
    }
}
