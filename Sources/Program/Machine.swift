import CLinux

/// What this process may use of the machine.
public enum Machine {
    /// Processors that the scheduler lets it run on.
    public static var processorCount: Int { Int(clinux_cpu_count()) }

    /// Raises the soft limit of file descriptors to the hard one. - Returns: the limit then in force.
    public static func raiseDescriptorLimit() -> Int { clinux_raise_descriptor_limit() }
}
