import WebSocket

extension Benchmark {
    static var webSocket: [Benchmark] {
        [200, 16_384].flatMap { bytes in
            let size = bytes == 200 ? "200B" : "16KiB"
            return [
                encoding("websocket.encode.\(size)", bytes),
                decoding(
                    "websocket.decode.\(size)", "a client's text of ASCII, unmasked",
                    [UInt8](repeating: 0x61, count: bytes)),
                decoding(
                    "websocket.decode.utf8.\(size)",
                    "a client's text of one to four bytes a character, unmasked and checked", Samples.text(bytes: bytes)
                ),
            ]
        } + [decodingInPieces]
    }

    private static func encoding(_ name: String, _ bytes: Int) -> Benchmark {
        Benchmark(name, "a server's text frame, \(bytes) bytes", isAllocationFree: true) {
            (payload: Samples.place([UInt8](repeating: 0x61, count: bytes)), output: [UInt8]())
        } _: { state, count in
            for _ in 0..<count {
                state.output.removeAll(keepingCapacity: true)
                Sink.touch(state.payload)
                FrameEncoder.append(.text, payload: UnsafeRawBufferPointer(state.payload), to: &state.output)
                Sink.use(state.output)
            }
        }
    }

    private static func decoding(_ name: String, _ operation: String, _ payload: [UInt8]) -> Benchmark {
        Benchmark(name, operation, isAllocationFree: true) {
            (frame: Samples.frame(payload), decoder: WebSocketDecoder(role: .server, messageBytesMax: 65_536))
        } _: { state, count in
            for _ in 0..<count {
                var consumed = 0
                guard case .text(let text)? = try? state.decoder.next(state.frame, consumed: &consumed) else {
                    preconditionFailure("the frame is not taken")
                }
                Sink.use(text)
            }
        }
    }

    /// As the frame comes when it is longer than what a read takes.
    private static var decodingInPieces: Benchmark {
        Benchmark(
            "websocket.decode.pieces.16KiB", "a client's text of ASCII in four pieces, which the decoder keeps"
        ) {
            (
                frame: Samples.frame([UInt8](repeating: 0x61, count: 16_384)),
                decoder: WebSocketDecoder(role: .server, messageBytesMax: 65_536)
            )
        } _: { state, count in
            let pieceBytes = 4200
            for _ in 0..<count {
                var at = 0
                while at < state.frame.count {
                    let end = min(at + pieceBytes, state.frame.count)
                    let piece = UnsafeMutableRawBufferPointer(rebasing: state.frame[at..<end])
                    guard let event = try? state.decoder.next(piece, consumed: &at) else {
                        preconditionFailure("the frame is not taken")
                    }
                    if case .text(let text) = event { Sink.use(text) }
                }
            }
        }
    }
}
