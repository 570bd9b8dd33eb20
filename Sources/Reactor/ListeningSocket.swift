/// A bound, listening socket that no loop watches yet.
public struct ListeningSocket: Sendable {
    public let fd: Int32
    public let port: UInt16
}
