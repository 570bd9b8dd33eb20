import Reactor

/// Throws away what a refused connection sends.
final class RefusingHandler: ChannelHandler {
    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int { bytes.count }
    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {}
}
