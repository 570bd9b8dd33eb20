import Core
import Reactor
import WebSocket

/// Sends every message back as it is: for conformance suites and load tests of the framing alone.
final class EchoSession: ChannelHandler {
    /// Reading pauses while so much output waits.
    private static let outputBytesMax = 1024 * 1024

    private var decoder: WebSocketDecoder
    private var isClosing = false

    init(messageBytesMax: Int) { decoder = WebSocketDecoder(role: .server, messageBytesMax: messageBytesMax) }

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        while !isClosing {
            if channel.outputBytes > Self.outputBytesMax {
                channel.pauseReading()
                return consumed
            }
            var used = 0
            do throws(WebSocketError) {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[consumed...])
                let event = try decoder.next(rest, consumed: &used)
                consumed += used
                if case .needMoreData = event { return consumed }
                receive(event, channel)
            } catch {
                close(channel, error.closeCode, error.reason)
            }
        }
        return bytes.count
    }

    private func receive(_ event: WebSocketDecoder.Event, _ channel: Channel) {
        switch event {
        case .needMoreData, .pong: break
        case .text(let message): channel.write { FrameEncoder.append(.text, payload: message, to: &$0) }
        case .binary(let message): channel.write { FrameEncoder.append(.binary, payload: message, to: &$0) }
        case .ping(let payload): channel.write { FrameEncoder.append(.pong, payload: payload, to: &$0) }
        case .close(let code, _): close(channel, code, "")
        }
    }

    private func close(_ channel: Channel, _ code: CloseCode?, _ reason: String) {
        isClosing = true
        channel.write { FrameEncoder.appendClose(code, reason: reason, to: &$0) }
        channel.closeAfterFlush()
    }

    func channelDrained(_ channel: Channel) {
        channel.resumeReading()
        channel.processAgain()
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) { isClosing = true }
}
