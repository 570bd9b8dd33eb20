import Configuration

/// A program's servers, up and running.
public protocol RunningProgram {
    /// The line of JSON for standard output that says where they listen.
    var announcement: String { get }
    /// Drains and ends; called once.
    func stop()
    /// Takes over what can change while it runs: certificates, keys, secrets, lists. Throws, and changes nothing, if
    /// something is wrong with any of it.
    func reload(_ settings: Configuration) throws
    /// When telemetry has been sent, too; called once.
    func finish()
}

extension RunningProgram {
    public func reload(_ settings: Configuration) throws {}
    public func finish() {}
}
