/// What public-web's loops tell each other, and their process tells them.
enum LoopMessage: Sendable {
    /// Events for sinks of the receiving loop: a JSON array. The answer goes to `origin`.
    case dispatch(events: [UInt8], indices: [Int], origin: Int, wait: UInt64)
    case dispatched(wait: UInt64, refused: [DispatchRefusal])
    case drain(spreadMilliseconds: UInt64)
    case stop
}
