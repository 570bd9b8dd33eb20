/// Owns a descriptor that an event loop watches. Called on the loop's thread. A class: a reference to it is half of one to
/// any that conforms, and a loop has one for each connection.
open class EventHandler {
    public init() {}

    open func handle(_ events: EventSet) { preconditionFailure("a handler says what it does with events") }

    /// The loop does not run any more: what is open is to be closed.
    open func loopEnded() {}
}
