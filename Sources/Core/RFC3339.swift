/// Times as RFC 3339 text in UTC. Years 1970 to 9999.
public enum RFC3339 {
    /// `2026-01-31T23:59:59.123456Z`, 27 bytes.
    public static func append(wallNanoseconds: UInt64, to bytes: inout [UInt8]) {
        let microseconds = wallNanoseconds / 1000
        let seconds = microseconds / 1_000_000
        let (year, month, day) = civil(daysSince1970: Int(seconds / 86_400))
        let second = seconds % 86_400
        bytes.append(decimal: UInt64(year), width: 4)
        bytes.append(0x2D)
        bytes.append(decimal: UInt64(month), width: 2)
        bytes.append(0x2D)
        bytes.append(decimal: UInt64(day), width: 2)
        bytes.append(0x54)
        bytes.append(decimal: second / 3600, width: 2)
        bytes.append(0x3A)
        bytes.append(decimal: second / 60 % 60, width: 2)
        bytes.append(0x3A)
        bytes.append(decimal: second % 60, width: 2)
        bytes.append(0x2E)
        bytes.append(decimal: microseconds % 1_000_000, width: 6)
        bytes.append(0x5A)
    }

    public static func text(wallNanoseconds: UInt64) -> String {
        var bytes: [UInt8] = []
        append(wallNanoseconds: wallNanoseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Wall nanoseconds of an RFC 3339 `date-time` (§5.6), any offset, any precision (beyond nanoseconds is cut). Nil if
    /// it is malformed, names a date that does not exist, or lies outside the years 1970 to 2553.
    public static func parse(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard text.count >= 20, text.count <= 64,
            let year = number(text, 0, 4), text[4] == 0x2D, let month = number(text, 5, 2), text[7] == 0x2D,
            let day = number(text, 8, 2), text[10] | 0x20 == 0x74, let hour = number(text, 11, 2), text[13] == 0x3A,
            let minute = number(text, 14, 2), text[16] == 0x3A, let second = number(text, 17, 2),
            (1970...2553).contains(year), (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        guard let fraction = fractionNanoseconds(text, &at), let offset = offsetSeconds(text, at) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        // An offset can lead out of the years.
        guard seconds >= 0, seconds < secondsMax else { return nil }
        return UInt64(seconds) * 1_000_000_000 + fraction
    }

    /// The beginning of 2554, the last year whose nanoseconds would not all fit.
    private static let secondsMax = daysSince1970(2554, 1, 1) * 86_400

    private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ digits: Int) -> Int? {
        guard start + digits <= text.count else { return nil }
        var value = 0
        for at in start..<start + digits {
            guard (0x30...0x39).contains(text[at]) else { return nil }
            value = value * 10 + Int(text[at] - 0x30)
        }
        return value
    }

    private static func fractionNanoseconds(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        guard at < text.count, text[at] == 0x2E else { return 0 }
        at += 1
        let start = at
        var value: UInt64 = 0
        var scale: UInt64 = 1_000_000_000
        while at < text.count, (0x30...0x39).contains(text[at]) {
            if scale > 1 {
                scale /= 10
                value += UInt64(text[at] - 0x30) * scale
            }
            at += 1
        }
        return at > start ? value : nil
    }

    private static func offsetSeconds(_ text: UnsafeRawBufferPointer, _ at: Int) -> Int? {
        guard at < text.count else { return nil }
        if text[at] | 0x20 == 0x7A { return at + 1 == text.count ? 0 : nil }
        guard at + 6 == text.count, text[at] == 0x2B || text[at] == 0x2D, text[at + 3] == 0x3A,
            let hours = number(text, at + 1, 2), let minutes = number(text, at + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return text[at] == 0x2D ? -seconds : seconds
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // The two conversions count years from March, so that the leap day is a year's last; an era is 400 years.
    private static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
