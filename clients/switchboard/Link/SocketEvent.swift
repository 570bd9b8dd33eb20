import CloudEvents

/// What a WebSocket brings.
enum SocketEvent {
    case event(Event)
    /// The server does not want this connection.
    case refused(HandshakeRefusal)
    /// By the server; code nil if its close frame had none.
    case closed(code: UInt16?, reason: String)
    /// The server did not do as it should.
    case failed(String)
}
