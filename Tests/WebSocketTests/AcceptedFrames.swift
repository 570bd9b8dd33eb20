/// Frames that are right, by the sections of RFC 6455 and of the Autobahn TestSuite.
enum AcceptedFrames {
    static let all: [FrameCase] = lengths + controls + fragments + texts + closes

    private static let lengths: [FrameCase] = [0, 1, 7, 8, 9, 125, 126, 127, 128, 65_535, 65_536].flatMap { count in
        let ascii = (0..<count).map { UInt8(0x20 + $0 % 0x5F) }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 0x81) }
        return [
            FrameCase("text of \(count)", [.bytes(1, ascii)], "text " + FrameTranscript.shown(ascii)),
            FrameCase("binary of \(count)", [.bytes(2, bytes)], "binary " + FrameTranscript.shown(bytes)),
        ]
    }

    private static let controls: [FrameCase] = [
        FrameCase("nothing", []),
        FrameCase("an empty ping", [.ping("")], "ping "),
        FrameCase(
            "the longest ping", [.bytes(9, .init(repeating: 0xFF, count: 125))], "ping 125 bytes \(sum(0xFF, 125))"),
        FrameCase("a pong unasked", [.pong("a")], "pong a"),
        FrameCase("ten pings", .init(repeating: .ping("x"), count: 3), "ping x", "ping x", "ping x"),
        FrameCase("half a frame", [TestFrame(opcode: 1, payload: [0x61], length: 2)], "waiting"),
        FrameCase("half a ping", [TestFrame(opcode: 9, payload: [0x61], length: 2)], "waiting"),
    ]

    private static let fragments: [FrameCase] = [
        FrameCase("two", [.text("ab", isFinal: false), .more("cd")], "text abcd"),
        FrameCase("empty ones", [.text("", isFinal: false), .more("", isFinal: false), .more("")], "text "),
        FrameCase("the last one empty", [.text("ab", isFinal: false), .more("")], "text ab"),
        FrameCase(
            "one byte each",
            [.text("a", isFinal: false)] + .init(repeating: .more("b", isFinal: false), count: 9) + [.more("c")],
            "text abbbbbbbbbc"),
        FrameCase("binary", [.bytes(2, [0x61], isFinal: false), .bytes(0, [0x62])], "binary ab"),
        FrameCase(
            "controls between",
            [.text("a", isFinal: false), .ping("1"), .more("b", isFinal: false), .pong("2"), .more("c")],
            "ping 1", "pong 2", "text abc"),
        FrameCase(
            "two messages",
            [.text("a", isFinal: false), .more("b"), .text("c"), .text("d", isFinal: false), .more("e")],
            "text ab", "text c", "text de"),
        FrameCase("not whole", [.text("a", isFinal: false)], "waiting"),
        FrameCase("a close between", [.text("a", isFinal: false), .close(1000)], "close 1000 "),
    ]

    private static let texts: [FrameCase] = [
        FrameCase("κόσμε", [.text("κόσμε")], "text κόσμε"),
        FrameCase(
            "the borders", [.text("\0\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}")],
            "text \0\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"),
        FrameCase(
            "a character over two fragments", [.bytes(1, [0xF0, 0x9F], isFinal: false), .bytes(0, [0x98, 0x80])],
            "text 😀"),
        FrameCase(
            "a character over four fragments",
            [
                .bytes(1, [0xF0], isFinal: false), .bytes(0, [0x9F], isFinal: false), .ping("p"),
                .bytes(0, [0x98], isFinal: false),
                .bytes(0, [0x80]),
            ], "ping p", "text 😀"),
        FrameCase("binary is not text", [.bytes(2, [0x61, 0x62])], "binary ab"),
    ]

    private static let closes: [FrameCase] =
        [
            FrameCase("an empty close", [.close([])], "close "),
            FrameCase("a reason", [.close(1000, "grüß dich")], "close 1000 grüß dich"),
            FrameCase(
                "the longest reason", [.close(1000, String(repeating: "x", count: 123))],
                "close 1000 123 bytes \(sum(0x78, 123))"),
            FrameCase("nothing after it", [.close(1000), .text("a"), .ping("b"), .bytes(3, [])], "close 1000 "),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map {
            FrameCase("close \($0)", [.close($0)], "close \($0) ")
        }

    private static func sum(_ byte: UInt8, _ count: Int) -> String {
        String(FrameTranscript.shown([UInt8](repeating: byte, count: count)).split(separator: " ")[2])
    }
}
