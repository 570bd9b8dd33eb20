/// Something that timers of an event loop call. Called on the loop's thread.
public protocol TimerTarget: AnyObject {
    /// - Parameter kind: tells the target's timers apart; what it was scheduled with.
    func timerFired(kind: Int)
}
