import Testing
import WebSocket

/// A row of a table: frames, what is said of them. Good for both roles: the server's frames come masked.
struct FrameCase: Sendable, CustomTestStringConvertible {
    let name: String
    let frames: [TestFrame]
    let transcript: [String]

    init(_ name: String, _ frames: [TestFrame], _ transcript: String...) {
        self.name = name
        self.frames = frames
        self.transcript = transcript
    }

    var testDescription: String { name }

    func bytes(_ role: WebSocketRole) -> [UInt8] {
        frames.enumerated().flatMap { at, frame in
            let key = UInt8(truncatingIfNeeded: at)
            return frame.encoded(mask: role == .server ? [0x37 &+ key, 0xFA, 0x00, 0x3D] : nil)
        }
    }
}
