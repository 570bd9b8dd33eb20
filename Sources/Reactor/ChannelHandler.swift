/// What is done with a channel's bytes. Called on the loop's thread.
public protocol ChannelHandler: AnyObject {
    /// - Parameter bytes: everything received and not yet consumed, in the loop's buffer: it may be changed in place, and
    ///   is valid only during the call.
    /// - Returns: how many bytes from the front were consumed; the rest comes again, with more behind it.
    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int
    /// The last call. No bytes come any more and none can be sent.
    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason)
    /// The peer will send nothing more, but may still read. True keeps the channel open for output; false closes it.
    func channelInputEnded(_ channel: Channel) -> Bool
    /// All output has gone to the kernel.
    func channelDrained(_ channel: Channel)
}

extension ChannelHandler {
    public func channelInputEnded(_ channel: Channel) -> Bool { false }
    public func channelDrained(_ channel: Channel) {}
}
