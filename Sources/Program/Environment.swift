import CLinux

/// The process's environment variables.
public enum Environment {
    public static var all: [String: String] {
        var result: [String: String] = [:]
        var index = 0
        while let entry = clinux_environment(index) {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            index += 1
        }
        return result
    }
}
