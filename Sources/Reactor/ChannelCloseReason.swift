import Core

/// Why a channel ended.
public enum ChannelCloseReason: Equatable, Sendable {
    /// By our own side.
    case local
    /// The peer closed its side.
    case endOfStream
    case failed(SystemError)
    case tlsFailed(String)
}
