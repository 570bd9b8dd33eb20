import Reactor

/// Connections that are being told that there are too many.
final class RefusalCount: ChannelOwner {
    var count = 0
    override func channelEnded() { count -= 1 }
}
