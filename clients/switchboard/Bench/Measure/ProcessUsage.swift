import Configuration
import Glibc

/// What a process has used so far, by /proc.
struct ProcessUsage: Equatable {
    let cpuSeconds: Double
    let residentKiB: Int
    /// Without what it shares with files.
    let anonymousKiB: Int

    /// Nil if there is no such process.
    static func read(_ pid: Int) -> ProcessUsage? {
        guard case .success(let stat) = FileReader.read("/proc/\(pid)/stat"),
            case .success(let status) = FileReader.read("/proc/\(pid)/status"),
            let seconds = cpuSeconds(String(decoding: stat, as: UTF8.self))
        else { return nil }
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        func kibibytes(_ name: String) -> Int {
            let line = lines.first { $0.hasPrefix(name + ":") }
            return line.flatMap { Int($0.split(whereSeparator: { " \t".contains($0) }).dropFirst().first ?? "") } ?? 0
        }
        return ProcessUsage(
            cpuSeconds: seconds, residentKiB: kibibytes("VmRSS"), anonymousKiB: kibibytes("RssAnon"))
    }

    /// The fields behind the name, which is in parentheses and may hold anything: the 12th and 13th are utime and stime.
    private static func cpuSeconds(_ stat: String) -> Double? {
        guard let parenthesis = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: parenthesis)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(sysconf(CInt(_SC_CLK_TCK)), 1))
    }

    /// Of this process.
    static var ownCPUNanoseconds: UInt64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func nanoseconds(_ time: timeval) -> UInt64 {
            UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
        }
        return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
    }
}
