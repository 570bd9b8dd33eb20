import WebSocket

/// A WebSocket between a client and the gateway, as two streams of bytes that can be cut anywhere.
final class Link {
    let number: Int
    let client: Client
    /// The gateway's end, until it has closed.
    var connection: GatewayConnection?
    var toServer = ByteQueue()
    /// What the kernel holds for the client.
    var toClient = ByteQueue()
    /// Nothing comes from the client behind what is in `toServer`.
    var isClientGone = false
    /// Nothing comes from the gateway behind what is in `toClient`.
    var isServerGone = false
    /// The client's end is not read any more.
    var isLeft = false

    // The client's end.
    var decoder = WebSocketDecoder(role: .client, messageBytesMax: 1 << 24)
    var input: [UInt8] = []
    var opened: OpenedEvent?
    /// The sequence that has to come next.
    var expected: UInt64 = 0
    /// Ids of events that went out here: only their answers may come again.
    var sentIDs: Set<[UInt8]> = []

    // What has to be true of its opening, by the ledger.
    var wishedAfter: UInt64?
    var expectedFirst: UInt64 = 1
    var isAfterValid = true

    init(number: Int, client: Client) {
        self.number = number
        self.client = client
    }

    /// Cuts the connection: what the two ends still get is any part of what was on its way.
    func cut(_ dice: Dice) {
        toServer.truncate(to: dice.below(toServer.count + 1))
        toClient.truncate(to: dice.below(toClient.count + 1))
        isClientGone = true
        isServerGone = true
    }
}
