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
}
