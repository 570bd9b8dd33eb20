/// What is so with a channel: in one byte, as a gateway has many thousands of them.
struct ChannelFlags: OptionSet {
    let rawValue: UInt8

    /// It is flushed when the turn ends.
    static let dirty = ChannelFlags(rawValue: 1)
    /// The loop tells when the socket has room.
    static let watchingOutput = ChannelFlags(rawValue: 2)
    static let readingPaused = ChannelFlags(rawValue: 4)
    static let inputEnded = ChannelFlags(rawValue: 8)
    /// What the handler left is handed to it again when the turn ends.
    static let processingLater = ChannelFlags(rawValue: 16)
    /// The handler is being called with input.
    static let processing = ChannelFlags(rawValue: 32)
    /// It asked for its rest meanwhile.
    static let processingWanted = ChannelFlags(rawValue: 64)
    /// Nothing can be read until the socket has room.
    static let readingNeedsOutput = ChannelFlags(rawValue: 128)

    mutating func set(_ flag: ChannelFlags, _ isSet: Bool) {
        if isSet { insert(flag) } else { remove(flag) }
    }
}
