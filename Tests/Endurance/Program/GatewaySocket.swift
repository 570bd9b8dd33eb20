import CloudEvents
import Core
import HTTP1
import JSON
import Reactor
import WebSocket

/// A WebSocket to a gateway, from the client's side: events in, events out, and how it ended.
final class GatewaySocket: ChannelHandler {
    protocol Owner: AnyObject {
        func received(_ event: Event, from socket: GatewaySocket)
        /// - Parameter code: of the gateway's close frame; nil if the socket just ended.
        func ended(_ socket: GatewaySocket, code: UInt16?, reason: String)
    }

    private weak var owner: (any Owner)?
    private var channel: Channel?
    private var head: ResponseHeadParser? = ResponseHeadParser()
    private var decoder = WebSocketDecoder(role: .client, messageBytesMax: 1 << 24)
    private var random: UInt64
    /// Why it was refused, if it was.
    private(set) var refusal: Int?
    /// The gateway broke the protocol.
    private(set) var isViolated = false

    init(loop: EventLoop, fd: Int32, target: String, owner: any Owner, seed: UInt64) throws {
        self.owner = owner
        random = seed
        channel = try Channel.make(loop: loop, fd: fd, tls: nil, handler: self)
        channel?.write {
            $0.append(
                utf8: """
                    GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Protocol: cloudevents.json\r\n\r\n
                    """)
        }
    }

    func send(_ event: [UInt8]) {
        channel?.write { output in
            event.withUnsafeBytes { FrameEncoder.append(.text, payload: $0, mask: mask(), to: &output) }
        }
    }

    /// At once, and without a word.
    func abandon() {
        owner = nil
        channel?.close()
    }

    private func mask() -> UInt32 {
        random = random &* 6_364_136_223_846_793_005 &+ 1
        return UInt32(truncatingIfNeeded: random >> 32)
    }

    func channel(_ channel: Channel, received bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        do {
            if var parser = head {
                guard let answer = try parser.next(UnsafeRawBufferPointer(bytes), consumed: &consumed) else {
                    head = parser
                    return consumed
                }
                head = nil
                guard answer.status == 101 else {
                    refusal = answer.status
                    channel.close()
                    return bytes.count
                }
            }
            while channel.isOpen {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[consumed...])
                guard try receive(decoder.next(rest, consumed: &consumed)) else { break }
            }
        } catch {
            isViolated = true
            channel.close()
        }
        return consumed
    }

    /// False if more bytes are needed.
    private func receive(_ event: WebSocketDecoder.Event) throws -> Bool {
        switch event {
        case .needMoreData: return false
        case .text(let text): owner?.received(try Event(parsing: Array(text)), from: self)
        case .ping(let payload):
            let payload = Array(payload)
            channel?.write { output in
                payload.withUnsafeBytes { FrameEncoder.append(.pong, payload: $0, mask: mask(), to: &output) }
            }
        case .close(let code, let reason):
            end(code: code?.rawValue, reason: reason.text)
            channel?.write { FrameEncoder.appendClose(code, reason: "", mask: mask(), to: &$0) }
            channel?.closeAfterFlush()
        case .binary, .pong: break
        }
        return true
    }

    private func end(code: UInt16?, reason: String) {
        let owner = owner
        self.owner = nil
        owner?.ended(self, code: code, reason: reason)
    }

    func channelClosed(_ channel: Channel, _ reason: ChannelCloseReason) {
        self.channel = nil
        end(code: nil, reason: "")
    }
}
