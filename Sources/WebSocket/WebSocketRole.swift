/// Which side of a connection this is. Clients mask, servers don't (RFC 6455 §5.1).
public enum WebSocketRole: Sendable { case server, client }
