import CLinux

/// What epoll says of a descriptor, or is asked to watch.
public struct EventSet: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = EventSet(rawValue: EPOLLIN.rawValue)
    public static let writable = EventSet(rawValue: EPOLLOUT.rawValue)
    public static let failed = EventSet(rawValue: EPOLLERR.rawValue)
    public static let hungUp = EventSet(rawValue: EPOLLHUP.rawValue)
}
