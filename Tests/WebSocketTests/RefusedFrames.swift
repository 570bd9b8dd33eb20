/// Frames that break the protocol.
enum RefusedFrames {
    static let all: [FrameCase] = bits + lengths + fragments + texts + closes

    private static let bits: [FrameCase] =
        (1...7).map { flags in
            FrameCase(
                "reserved bits \(flags)", [TestFrame(flags: 8 | flags, opcode: 1, payload: [0x61])],
                "error reservedBitsSet")
        }
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { opcode in
            FrameCase("opcode \(opcode)", [.text("a"), .bytes(opcode, [])], "text a", "error unknownOpcode")
        }

    private static let lengths: [FrameCase] = [
        FrameCase(
            "2 bytes for 125", [TestFrame(opcode: 2, payload: [], lengthBytes: 2, length: 125)],
            "error lengthNotMinimal"),
        FrameCase("2 bytes for 0", [TestFrame(opcode: 1, payload: [], lengthBytes: 2)], "error lengthNotMinimal"),
        FrameCase(
            "8 bytes for 65535", [TestFrame(opcode: 2, payload: [], lengthBytes: 8, length: 65_535)],
            "error lengthNotMinimal"),
        FrameCase(
            "the top bit", [TestFrame(opcode: 2, payload: [], lengthBytes: 8, length: 1 << 63)], "error lengthTooLarge"),
        FrameCase(
            "all bits", [TestFrame(opcode: 2, payload: [], lengthBytes: 8, length: .max)], "error lengthTooLarge"),
        FrameCase(
            "63 bits", [TestFrame(opcode: 2, payload: [], lengthBytes: 8, length: .max >> 1)], "error messageTooBig"),
        FrameCase(
            "over the limit, said by the header alone", [TestFrame(opcode: 2, payload: [], length: 70_001)],
            "error messageTooBig"),
        FrameCase(
            "over the limit in fragments",
            [
                .text(String(repeating: "x", count: 65_000), isFinal: false),
                TestFrame(opcode: 0, payload: [], length: 5001),
            ], "error messageTooBig"),
        FrameCase("a long ping", [.bytes(9, .init(repeating: 0, count: 126))], "error controlFrameTooLong"),
        FrameCase("a long close", [.bytes(8, .init(repeating: 0, count: 126))], "error controlFrameTooLong"),
    ]

    private static let fragments: [FrameCase] = [
        FrameCase("a ping in fragments", [.bytes(9, [], isFinal: false)], "error controlFrameFragmented"),
        FrameCase("a close in fragments", [.bytes(8, [], isFinal: false)], "error controlFrameFragmented"),
        FrameCase("no start", [.more("a")], "error continuationWithoutStart"),
        FrameCase("no start, not the last", [.more("a", isFinal: false)], "error continuationWithoutStart"),
        FrameCase(
            "no start after a message", [.text("a", isFinal: false), .more("b"), .more("c")], "text ab",
            "error continuationWithoutStart"),
        FrameCase("a message inside", [.text("a", isFinal: false), .text("b")], "error messageInsideMessage"),
        FrameCase(
            "binary inside text", [.text("", isFinal: false), .bytes(2, [], isFinal: false)],
            "error messageInsideMessage"),
    ]

    private static let texts: [FrameCase] =
        ([
            ("a continuation byte", [0x80]), ("an unfinished character", [0xC3]), ("overlong 2", [0xC0, 0xAF]),
            ("overlong 3", [0xE0, 0x9F, 0xBF]),
            ("overlong 4", [0xF0, 0x8F, 0xBF, 0xBF]), ("a surrogate", [0xED, 0xA0, 0x80]),
            ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
            ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]), ("FE", [0xFE]), ("FF", [0xFF]),
            ("Latin 1", [0x61, 0xFC, 0x62]),
            ("after eight", Array("12345678".utf8) + [0xFF]),
            ("deep", Array("12345678123456781234".utf8) + [0xC3, 0x28]),
        ] as [(String, [UInt8])]).flatMap { name, bytes in
            [
                FrameCase(name, [.bytes(1, bytes)], "error invalidUTF8"),
                FrameCase(name + ", in fragments", [.bytes(1, bytes, isFinal: false), .more("")], "error invalidUTF8"),
            ]
        }

    private static let closes: [FrameCase] =
        [
            FrameCase("a close of one byte", [.close([3])], "error badClosePayload"),
            FrameCase("a reason that is not UTF-8", [.close([3, 0xE8, 0xC3])], "error invalidUTF8"),
        ]
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map {
            FrameCase("close \($0)", [.close($0)], "error badCloseCode")
        }
}
