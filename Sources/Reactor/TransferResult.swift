/// What became of an attempt to move bytes through a socket.
enum TransferResult {
    case moved(Int)
    case wouldBlock
    /// TLS can send only after the peer has sent something: the handshake is not over.
    case needsInput
    /// TLS can read on only after it has sent something that the peer asked for, which the socket does not take.
    case needsOutput
    /// The peer has closed its side in order.
    case ended
    case failed(ChannelCloseReason)
}
