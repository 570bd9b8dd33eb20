import Core

/// Times and durations for people.
enum TimeText {
    /// `2026-01-31 23:59:59.123`, in UTC.
    static func dateTime(_ wallNanoseconds: UInt64) -> String {
        let text = RFC3339.text(wallNanoseconds: wallNanoseconds)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(12)
    }

    /// `23:59:59.123`, in UTC.
    static func time(_ wallNanoseconds: UInt64) -> String { String(dateTime(wallNanoseconds).suffix(12)) }

    /// With its unit: milliseconds, or seconds from ten of them on.
    static func duration(_ nanoseconds: UInt64) -> String {
        nanoseconds < 10_000_000_000
            ? Decimals.milliseconds(nanoseconds: nanoseconds) + " ms"
            : Decimals.milliseconds(nanoseconds: nanoseconds / 1000) + " s"
    }

    /// With a sign if it is negative, without a unit.
    static func number(_ nanoseconds: Int64, inSeconds: Bool) -> String {
        let magnitude = nanoseconds.magnitude / (inSeconds ? 1000 : 1)
        return (nanoseconds < 0 && magnitude >= 500 ? "-" : "") + Decimals.milliseconds(nanoseconds: magnitude)
    }
}
