import Core
import Reactor

/// Remembers what a channel tells it.
final class RecordingHandler: ChannelHandler {
    var received: [UInt8] = []
    /// How often `received` was called, and what it was offered each time.
    var offers: [Int] = []
    var reasons: [ChannelCloseReason] = []
    var drains = 0
    var inputEnds = 0
    /// Whether output may follow the end of the input.
    var staysForOutput = false
    /// How many of the offered bytes to consume.
    var consume: (UnsafeMutableRawBufferPointer) -> Int = { $0.count }
    var onReceived: (Channel) -> Void = { _ in }

    var text: String { String(decoding: received, as: UTF8.self) }
    var isClosed: Bool { !reasons.isEmpty }

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        offers.append(bytes.count)
        let count = consume(bytes)
        received += bytes.prefix(count)
        onReceived(channel)
        return count
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) { reasons.append(reason) }

    func channelInputEnded(_ channel: Channel) -> Bool {
        inputEnds += 1
        return staysForOutput
    }

    func channelDrained(_ channel: Channel) { drains += 1 }
}
