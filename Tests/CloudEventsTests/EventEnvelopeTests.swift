import CloudEvents
import Core
import JSON
import TestSupport
import Testing

@Suite struct EventEnvelopeTests {
    static let minimal = #"{"specversion":"1.0","id":"1","source":"/s","type":"T"}"#

    static func with(_ members: String) -> String { minimal.dropLast() + "," + members + "}" }

    private static func scan(_ text: String, _ rules: EventEnvelope.Rules = .strict) -> Result<
        EventEnvelope, EventError
    > {
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(EventError) { return .success(try EventEnvelope.scan(bytes, rules: rules)) } catch {
                return .failure(error)
            }
        }
    }

    static let accepted: [String] = [
        minimal, " \n" + minimal + "\t", with(#""data":{"x":[1,{"specversion":2}]}"#), with(#""data":null"#),
        with(#""data_base64":"AAEC""#),
        with(#""data_base64":"""#),
        with(#""time":"2026-01-01T00:00:00Z","subject":"s","dataschema":"d","datacontenttype":"application/json""#),
        with(
            #""correlationid":"c","causationid":"d","sequence":"1","expirytime":"e","traceparent":"p","tracestate":"s","returnaddress":"r""#
        ),
        with(#""ext1":1,"ext2":true,"ext3":"x","ext4":null"#), with(#""subject":null"#),
        with(#""sequence":null,"correlationid" : null,"servertiming":null"#),
        #"{"type":"T","source":"/s","id":"1","specversion":"1.0"}"#,
        #"{"specversion":"1.0","id":"\u0031","source":"/s","type":"T"}"#,
        with("\"ext\":\"" + String(repeating: "x", count: 5000) + "\""),
        with("\"id2\":\"x\",\"" + String(repeating: "a", count: 64) + "\":1"),
    ]

    static let refused: [(String, EventError)] = [
        ("", .notJSON(.unexpectedEnd(at: 0))), ("x", .notJSON(.unexpectedByte(at: 0))), ("[]", .notObject),
        ("1", .notObject), ("\"a\"", .notObject),
        (minimal + "x", .notJSON(.trailingBytes(at: minimal.utf8.count))), ("{}", .missing(.type)),
        (#"{"specversion":"1.0","source":"/s","type":"T"}"#, .missing(.id)),
        (#"{"specversion":"1.0","id":"1","type":"T"}"#, .missing(.source)),
        (#"{"specversion":"1.0","id":"1","source":"/s"}"#, .missing(.type)),
        (#"{"specversion":"1.0","id":"","source":"/s","type":"T"}"#, .empty(.id)),
        (#"{"specversion":"1.0","id":1,"source":"/s","type":"T"}"#, .wrongType(.id)),
        (#"{"specversion":"1.0","id":null,"source":"/s","type":"T"}"#, .missing(.id)),
        (#"{"specversion":"0.3","id":"1","source":"/s","type":"T"}"#, .badSpecversion),
        (with(#""id":"2""#), .duplicate(.id)),
        (with(#""data":1,"data":2"#), .duplicate(.data)), (with(#""data":1,"data_base64":"AA==""#), .dataAndDataBase64),
        (with(#""Ext":1"#), .badExtensionName), (with(#""ex-t":1"#), .badExtensionName),
        (with(#""":1"#), .badExtensionName),
        (with("\"" + String(repeating: "a", count: 65) + "\":1"), .badExtensionName),
        (with(#""ext":{}"#), .badExtensionValue),
        (with(#""ext":[1]"#), .badExtensionValue), (with(#""ext":1,"ext":2"#), .duplicateExtension),
        (with(#""time":7"#), .wrongType(.time)),
        (with("\"subject\":\"" + String(repeating: "x", count: 1025) + "\""), .tooLong(.subject)),
        (
            #"{"specversion":"1.0","id":""# + String(repeating: "x", count: 257) + #"","source":"/s","type":"T"}"#,
            .tooLong(.id)
        ),
        (with((0..<61).map { "\"e\($0)\":1" }.joined(separator: ",")), .tooManyMembers),
        (
            with("\"data\":" + String(repeating: "[", count: 64) + String(repeating: "]", count: 64)),
            .notJSON(.tooDeep(at: minimal.utf8.count + 70))
        ),
    ]

    @Test(arguments: accepted)
    func accepts(_ text: String) { #expect((try? Self.scan(text).get()) != nil, "\(Self.scan(text))") }

    @Test(arguments: refused)
    func refuses(_ text: String, _ error: EventError) {
        guard case .failure(let said) = Self.scan(text) else {
            Issue.record("accepted")
            return
        }
        #expect(said == error)
        #expect(!said.detail.isEmpty)
    }

    @Test(arguments: accepted)
    func noPartIsAnEvent(_ text: String) {
        let bytes = Array(text.utf8)
        let end = bytes.count - bytes.reversed().prefix { $0 <= 0x20 }.count
        for count in 0..<end {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: bytes[..<count])
            let isAccepted = (try? EventEnvelope.scan(UnsafeRawBufferPointer(memory), rules: .lenient)) != nil
            #expect(!isAccepted, "\(count)")
        }
    }

    @Test func lenientlyThreeMayBeMissing() {
        #expect((try? Self.scan(#"{"type":"T"}"#, .lenient).get()) != nil)
        guard case .failure(.missing(.type)) = Self.scan(#"{"id":"1"}"#, .lenient) else {
            Issue.record("an event without a type")
            return
        }
    }

    @Test func valuesAreWhatTheyMean() throws {
        let text = Self.with(
            #""subject":"a\"b","data":{"x":1},"sequence":"0000000000000007","ext":"\u00e9","number":5"#)
        let event = try Event(parsing: Array(text.utf8))
        #expect(event.id == "1" && event.source == "/s" && event.type == "T" && event.correlationID == nil)
        #expect(event.string(.subject) == "a\"b" && event.string(.sequence) == "0000000000000007")
        #expect(event.data.map { String(decoding: $0, as: UTF8.self) } == #"{"x":1}"#)
        #expect(event.extension("ext") == "é" && event.extension("number") == "5" && event.extension("none") == nil)
    }

    @Test func rewritingDropsAndAdds() throws {
        let text =
            #"{ "correlationid":"old", "specversion":"1.0" ,"id":"1","subject":null , "sequence":"9","source":"/s","data":[1, 2],"type":"T","returnaddress":"r" }"#
        var output: [UInt8] = []
        try Array(text.utf8).withBytes { bytes throws(EventError) in
            let envelope = try EventEnvelope.scan(bytes, rules: .strict)
            envelope.appendRewritten(from: bytes, dropping: [.correlationid, .sequence, .returnaddress], to: &output) {
                $0.string("correlationid", "new")
            }
        }
        #expect(
            String(decoding: output, as: UTF8.self)
                == #"{"correlationid":"new","specversion":"1.0" ,"id":"1","source":"/s","data":[1, 2],"type":"T"}"#)
    }

    /// Whatever is accepted is accepted again when it was rewritten.
    @Test(arguments: 0..<4)
    func survivesMutation(_ share: Int) {
        let corpus = (Self.accepted + Self.refused.map(\.0)).map { Array($0.utf8) }.filter { $0.count < 400 }
        var mutator = Mutator(
            seed: 0x4345 + UInt64(share), corpus: corpus, alphabet: Array("{}[]\",:\\u0129aidtype. null".utf8))
        for _ in 0..<2500 {
            let (input, _) = mutator.next()
            input.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: .lenient) else { return }
                var output: [UInt8] = []
                envelope.appendRewritten(from: bytes, dropping: [.sequence, .correlationid], to: &output) {
                    $0.string("sequence", "1")
                }
                let isAccepted = output.withUnsafeBytes { (try? EventEnvelope.scan($0, rules: .lenient)) != nil }
                if !isAccepted { Issue.record("\(bytes.text) became \(String(decoding: output, as: UTF8.self))") }
            }
        }
    }
}
