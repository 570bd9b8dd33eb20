/// Owns a descriptor that an event loop watches. Called on the loop's thread.
public protocol EventHandler: AnyObject {
    func handle(_ events: EventSet)
    /// The loop does not run any more: what is open is to be closed.
    func loopEnded()
}

extension EventHandler {
    public func loopEnded() {}
}
