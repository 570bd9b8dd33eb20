import Core
import JSON
import Testing

@Suite struct JSONValueTests {
    private static func written(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: JSONDocuments.accepted)
    func whatIsReadIsWrittenAgain(_ text: String) throws {
        let value = try JSONValue.parse(Array(text.utf8))
        #expect(try JSONValue.parse(Array(Self.written(value).utf8)) == value)
    }

    @Test func readsWhatIsThere() throws {
        let value = try JSONValue.parse(
            Array(#"{"a":[1,-2.5,"x\u00e9\ud83d\ude00\ud800"],"b":true,"c":null,"b":false}"#.utf8))
        guard case .array(let elements)? = value["a"] else {
            Issue.record("\(value)")
            return
        }
        #expect(elements[0].integer == 1 && elements[1].double == -2.5 && elements[1].integer == nil)
        #expect(elements[2].string == "xé😀\u{FFFD}")
        #expect(value["b"] == .bool(false))
        #expect(value["c"] == .null && value["d"] == nil && JSONValue.null["a"] == nil)
        #expect(JSONValue.number("99999999999999999999").integer == nil)
    }

    @Test func writesWhatIsGiven() {
        let value = JSONValue.object([
            ("q\"\\", .string("a\n\r\t\u{1}\u{7F}é")), ("n", .number("1.50")),
            ("l", .array([.null, .bool(true), .array([])])),
        ])
        #expect(Self.written(value) == #"{"q\"\\":"a\n\r\t\u0001"# + "\u{7F}é" + #"","n":1.50,"l":[null,true,[]]}"#)
    }

    @Test(
        arguments: [
            (#"a\"b"#, "a\"b"), (#"\u0041\/"#, "A/"), (#"\uD83D\uDE00"#, "😀"), (#"\uDE00"#, "\u{FFFD}"),
            (#"\uD83Dx"#, "\u{FFFD}x"),
            (#"\uD83D\u0041"#, "\u{FFFD}A"), (#"\"#, nil), (#"\x"#, nil), (#"\u12"#, nil), (#"\u12G4"#, nil),
        ] as [(String, String?)])
    func unescapes(_ raw: String, _ text: String?) {
        let bytes = Array(raw.utf8).withUnsafeBytes { JSONWriter.unescape($0) }
        #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == text)
    }
}
