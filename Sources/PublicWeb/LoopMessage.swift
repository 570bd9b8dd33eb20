import Reactor

/// What public-web's loops tell each other, and their process tells them.
enum LoopMessage: Sendable {
    /// Events for sessions and exchanges of the receiving loop, and the batch they stand in. The answer goes to `origin`.
    case dispatch(body: [UInt8], events: [PeerEvent], origin: Int, wait: UInt64)
    case dispatched(wait: UInt64, refused: [DispatchRefusal])
    /// A client that connects to a session of the receiving loop.
    case adopt(DetachedChannel, ConnectionRequest)
    /// A request about a session of the receiving loop. The answer goes to `origin`.
    case ask(SessionQuery, origin: Int, wait: UInt64)
    case answered(wait: UInt64, HTTPAnswer)
    /// The client of a request sends nothing more: it may be gone.
    case halfClosed(origin: Int, wait: UInt64)
    /// The client of a request has gone away.
    case abandoned(origin: Int, wait: UInt64)
    /// A token names a key that is not known: the first loop fetches them.
    case fetchKeys
    /// Certificates, secrets and pages, for connections and calls from now on.
    case reload(PublicWebSecurity)
    case drain(spreadMilliseconds: UInt64)
    case stop
}
