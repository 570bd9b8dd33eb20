import Sessions
import WebSocket

/// The gateway's end of a WebSocket.
final class GatewayConnection {
    let handle: UInt64
    let session: Session
    let link: Link
    var decoder: WebSocketDecoder
    var input: [UInt8] = []
    var output = ByteQueue()
    var watch = OutputWatch()
    var isWatched = false
    /// It has left its session, and only its last bytes are still on their way.
    var isClosing = false

    init(handle: UInt64, session: Session, link: Link, messageBytesMax: Int) {
        self.handle = handle
        self.session = session
        self.link = link
        decoder = WebSocketDecoder(role: .server, messageBytesMax: messageBytesMax)
    }

    var queuedBytes: Int { output.count }

    func write(_ event: [UInt8]) {
        guard !isClosing else { return }
        output.write { output in
            FrameEncoder.appendHeader(.text, payloadBytes: event.count, to: &output)
            output.append(contentsOf: event)
        }
    }
}
