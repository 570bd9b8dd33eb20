/// What became of an attempt to move bytes through a socket.
enum TransferResult {
    case moved(Int)
    case wouldBlock
    /// The peer has closed its side in order.
    case ended
    case failed(ChannelCloseReason)
}
