/// Owns a descriptor that an event loop watches. Called on the loop's thread.
public protocol EventHandler: AnyObject {
    func handle(_ events: EventSet)
}
