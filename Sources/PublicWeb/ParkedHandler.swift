import Reactor

/// Holds a connection whose session is not there yet: nothing of what it sends is used up.
final class ParkedHandler: ChannelHandler {
    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int { 0 }
    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {}
}
