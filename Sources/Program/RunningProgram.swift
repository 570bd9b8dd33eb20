/// A program's servers, up and running.
public protocol RunningProgram {
    /// The line of JSON for standard output that says where they listen.
    var announcement: String { get }
    /// Drains and ends; called once.
    func stop()
    /// When telemetry has been sent, too; called once.
    func finish()
}

extension RunningProgram {
    public func finish() {}
}
