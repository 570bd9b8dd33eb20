/// Counts channels, whoever handles their bytes. A class: a reference to it is half of one to any that conforms.
open class ChannelOwner {
    public init() {}

    /// Once, when the channel has ended. On the loop's thread.
    open func channelEnded() {}
}
