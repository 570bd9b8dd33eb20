import JSON

/// Texts that are JSON, and texts that are not, with what is said of them.
enum JSONDocuments {
    static let accepted: [String] = [
        "null", "true", "false", "0", "-0", "7", "-12", "0.5", "1e5", "1E+5", "-1.25e-10",
        "123456789012345678901234567890",
        "\"\"", "\"a\"", "\"é日🎉\"", #""\"\\\/\b\f\n\r\t""#, #""\u00e9\uD83D\uDE00""#, #""\ud800""#, #""\u0000""#,
        "\"\u{7F}\"",
        "\"12345678901234567890\"", "\"1234567\\n\"", "\"12345678\\n\"",
        "[]", "[ ]", "[1]", "[1,2]", "[[],[[]],{}]", "{}", "{ }", "{\"a\":1}", "{\"a\":1,\"b\":[true]}", "{\"\":null}",
        "{\"a\":1,\"a\":2}", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
        String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
    ]

    static let refused: [(text: String, error: JSONError)] = [
        ("", .unexpectedEnd(at: 0)), ("  ", .unexpectedEnd(at: 2)), ("nul", .unexpectedEnd(at: 3)),
        ("nulx", .unexpectedByte(at: 0)),
        ("True", .unexpectedByte(at: 0)), ("nullnull", .trailingBytes(at: 4)), ("1 2", .trailingBytes(at: 2)),
        ("01", .badNumber(at: 0)), ("-", .badNumber(at: 0)), ("-a", .badNumber(at: 0)), ("1.", .badNumber(at: 0)),
        (".5", .unexpectedByte(at: 0)), ("+1", .unexpectedByte(at: 0)), ("1e", .badNumber(at: 0)),
        ("1e+", .badNumber(at: 0)),
        ("-01", .badNumber(at: 0)), ("0x1", .trailingBytes(at: 1)), ("NaN", .unexpectedByte(at: 0)),
        ("Infinity", .unexpectedByte(at: 0)),
        ("\"", .unexpectedEnd(at: 1)), ("\"a", .unexpectedEnd(at: 2)), ("\"\\", .unexpectedEnd(at: 2)),
        ("\"\\\"", .unexpectedEnd(at: 3)),
        ("\"\\x\"", .badEscape(at: 1)), ("\"\\u12\"", .unexpectedEnd(at: 6)), ("\"\\u12g4\"", .badEscape(at: 1)),
        ("\"\n\"", .controlCharacter(at: 1)), ("\"1234567\u{1F}\"", .controlCharacter(at: 8)),
        ("\"a\u{0}\"", .controlCharacter(at: 2)),
        ("'a'", .unexpectedByte(at: 0)), ("[", .unexpectedEnd(at: 1)), ("[1", .unexpectedEnd(at: 2)),
        ("[1,", .unexpectedEnd(at: 3)),
        ("[1,]", .unexpectedByte(at: 3)), ("[,1]", .unexpectedByte(at: 1)), ("[1 2]", .unexpectedByte(at: 3)),
        ("]", .unexpectedByte(at: 0)),
        ("{", .unexpectedEnd(at: 1)), ("{\"a\"", .unexpectedEnd(at: 4)), ("{\"a\":", .unexpectedEnd(at: 5)),
        ("{\"a\":1", .unexpectedEnd(at: 6)),
        ("{\"a\":1,", .unexpectedEnd(at: 7)), ("{\"a\":1,}", .unexpectedByte(at: 7)), ("{a:1}", .unexpectedByte(at: 1)),
        ("{\"a\" 1}", .unexpectedByte(at: 5)),
        ("{1:2}", .unexpectedByte(at: 1)), ("{\"a\":1;}", .unexpectedByte(at: 6)), ("// x\n1", .unexpectedByte(at: 0)),
        (String(repeating: "[", count: 65) + String(repeating: "]", count: 65), .tooDeep(at: 64)),
        (String(repeating: "{\"a\":", count: 64) + "{}" + String(repeating: "}", count: 64), .tooDeep(at: 320)),
        ("\u{FEFF}1", .unexpectedByte(at: 0)),
    ]

    /// Bytes that are no UTF-8, in a string.
    static let invalidUTF8: [[UInt8]] = [
        [0x80], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
        [0xF0, 0x80, 0x80, 0x80],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
    ]
}
