/// Counts channels, whoever handles their bytes. Called on the loop's thread.
public protocol ChannelOwner: AnyObject {
    /// Once, when the channel has ended.
    func channelEnded()
}
