import CloudEvents
import Core
import JSON
import Testing

@Suite struct ServerTimingsTests {
    private static func add(_ event: String, name: String = "tier", nanoseconds: UInt64 = 1_234_567) throws -> String {
        let bytes = Array(event.utf8)
        var output: [UInt8] = []
        try bytes.withBytes { bytes throws(EventError) in
            let envelope = try EventEnvelope.scan(bytes, rules: .strict)
            ServerTimings.appendEvent(
                bytes.slice(envelope.extent), value: envelope.valueRange(.servertiming), adding: name,
                nanoseconds: nanoseconds, to: &output)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let bare = #"{"specversion":"1.0","id":"1","source":"/s","type":"T"}"#

    @Test func aHopIsAddedInFrontOrBehindTheEarlierOnes() throws {
        let once = try Self.add(Self.bare)
        #expect(once == #"{"servertiming":"tier;dur=1.234","specversion":"1.0","id":"1","source":"/s","type":"T"}"#)
        let twice = try Self.add("  " + once + " ", name: "a b\"\n", nanoseconds: 999)
        #expect(twice.contains(#""servertiming":"tier;dur=1.234,a-b--;dur=0.000","#))
        _ = try Event(parsing: Array(twice.utf8))
    }

    /// An attribute that grew beyond its limit would make the event invalid for the next tier.
    @Test func aLongValueIsLeftAsItIs() throws {
        let value = String(repeating: "x", count: 1000)
        let event = #"{"servertiming":"\#(value)","specversion":"1.0","id":"1","source":"/s","type":"T"}"#
        #expect(try Self.add(event) == event)
        var grown = Self.bare
        for _ in 0..<200 { grown = try Self.add(grown, name: String(repeating: "n", count: 100)) }
        _ = try Event(parsing: Array(grown.utf8))
    }

    @Test(arguments: [
        ("", 0), ("a;dur=1.5", 1_500_000), ("a;dur=1,b;dur=0.25", 1_250_000), ("a;desc=x;dur=2", 2_000_000),
        ("a;dur=", 0), ("a;dur=.5", 500_000), ("a;dur=0.123456789", 123_456), ("a", 0), (";dur=-1", 0),
        ("a;dur=99999999999999999999999999", 0), ("a;dur=1e9", 1_000_000), ("a;dur=1;dur=1", 2_000_000),
    ])
    func sums(text: String, sum: UInt64) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { ServerTimings.sums($0, except: "none") } == (sum, sum))
    }

    @Test func someHopsCanBeLeftOut() {
        let bytes = Array("dispatcher;dur=1,service;dur=2,dispatcher-return;dur=4".utf8)
        let sums = bytes.withUnsafeBytes { ServerTimings.sums($0, except: "dispatcher") }
        #expect(sums == (7_000_000, 2_000_000))
    }
}
