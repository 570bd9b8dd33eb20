import CloudEvents
import Core
import JSON
import Testing

@Suite struct HTTPBindingTests {
    @Test(
        arguments: [
            ("application/cloudevents+json", false, .structured),
            ("Application/CloudEvents+JSON ; charset=utf-8", true, .structured),
            ("application/cloudevents-batch+json", false, .batch), ("application/cloudevents+avro", true, .unsupported),
            ("application/json", true, .binary), ("text/plain", true, .binary),
            ("application/json", false, .unsupported), (nil, true, .binary),
            (nil, false, .unsupported), ("application/cloudevents", true, .unsupported), ("", false, .unsupported),
        ] as [(String?, Bool, HTTPBinding.Mode)])
    func modes(_ type: String?, _ hasHeader: Bool, _ mode: HTTPBinding.Mode) {
        let bytes = Array((type ?? "").utf8)
        let found = bytes.withUnsafeBytes {
            HTTPBinding.mode(contentType: type == nil ? nil : $0, hasSpecversionHeader: hasHeader)
        }
        #expect(found == mode)
    }

    private static let required = [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/s"), ("ce-type", "T")]

    private static func event(_ extra: [(String, String)], _ type: String?, _ body: [UInt8]) throws -> Event {
        let headers = (required + extra).map { (name: $0.0, value: $0.1) }
        let json = try body.withBytes { body throws(EventError) in
            try HTTPBinding.event(fromBinary: headers, contentType: type, body: body)
        }
        return try Event(parsing: json)
    }

    @Test func jsonTextAndBytes() throws {
        let json = try Self.event([("ce-ext", "a%20b")], "application/json; charset=utf-8", Array(" [1] ".utf8))
        #expect(json.data.map { String(decoding: $0, as: UTF8.self) } == "[1]")
        #expect(json.extension("ext") == "a b" && json.string(.datacontenttype) == "application/json; charset=utf-8")
        let text = try Self.event([], "text/plain", Array("a\"\n".utf8))
        #expect(text.data.map { String(decoding: $0, as: UTF8.self) } == #""a\"\n""#)
        for (bytes, encoded) in [([0xFF], "/w=="), ([0xFF, 0xFE], "//4="), ([0xFF, 0xFE, 0x00], "//4A")]
            as [([UInt8], String)]
        {
            #expect(try Self.event([], "application/octet-stream", bytes).string(.dataBase64) == encoded)
        }
        #expect(try Self.event([], nil, []).data == nil)
        #expect(try Self.event([("ce-subject", "\"%E2%82%AC\"")], nil, []).string(.subject) == "€")
    }

    @Test(
        arguments: [
            ([("ce-", "x")], nil, ""), ([("ce-data", "x")], nil, ""), ([("ce-datacontenttype", "x")], nil, ""),
            ([("ce-ext", "%zz")], nil, ""),
            ([("ce-ext", "%f")], nil, ""), ([("ce-ext", "%ff")], nil, ""), ([("ce-id", "2")], nil, ""),
            ([("ce-b-d", "x")], nil, ""),
            ([], "application/json", "{"), ([], "application/vnd.x+json", "nope"),
        ] as [([(String, String)], String?, String)])
    func refuses(_ extra: [(String, String)], _ type: String?, _ body: String) {
        #expect(throws: EventError.self) { try Self.event(extra, type, Array(body.utf8)) }
    }
}
