import CLinux
import Glibc

/// What this process may use of the machine.
public enum Machine {
    /// Processors that the scheduler lets it run on.
    public static var processorCount: Int { Int(clinux_cpu_count()) }

    /// Empty if it has none.
    public static var hostName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { name in
            name.initialize(repeating: 0)
            guard let start = name.baseAddress, gethostname(start, name.count - 1) == 0 else { return "" }
            return String(cString: start)
        }
    }

    /// Raises the soft limit of file descriptors to the hard one. - Returns: the limit then in force.
    public static func raiseDescriptorLimit() -> Int { clinux_raise_descriptor_limit() }
}
