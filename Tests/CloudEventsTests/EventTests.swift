import CloudEvents
import Core
import JSON
import Testing

@Suite struct EventTests {
    @Test func aNewEvent() throws {
        let event = try Event(source: "/s\"", type: "T", data: Array("{}".utf8), extensions: [("ext", "v\n")])
        #expect(event.id.count == 36 && event.source == "/s\"" && event.type == "T")
        #expect(event.extension("ext") == "v\n")
        #expect(try Event(source: "/s", type: "T").id != Event(source: "/s", type: "T").id)
        #expect(throws: EventError.self) { try Event(source: "", type: "T") }
        #expect(throws: EventError.self) { try Event(source: "/s", type: "T", data: Array("{".utf8)) }
        #expect(throws: EventError.self) { try Event(source: "/s", type: "T", extensions: [("Bad", "x")]) }
    }

    @Test func anAnswerInheritsWhatBelongsToTheRequest() throws {
        let text = EventEnvelopeTests.with(
            #""correlationid":"c\"1","returnaddress":"r","expirytime":"2030-01-01T00:00:00Z","traceparent":"p","tracestate":"s","ext":"x""#
        )
        let request = try Event(parsing: Array(text.utf8))
        let answer = try request.answer(type: "A", source: "/l", data: Array("[1]".utf8))
        #expect(
            answer.causationID == "1" && answer.correlationID == "c\"1" && answer.type == "A" && answer.source == "/l")
        #expect(answer.string(.returnaddress) == "r" && answer.string(.expirytime) == "2030-01-01T00:00:00Z")
        #expect(answer.string(.traceparent) == "p" && answer.string(.tracestate) == "s")
        #expect(answer.extension("ext") == nil)
        #expect(answer.id != request.id && answer.id.count == 36)
        let time = try #require(answer.string(.time))
        #expect(Array(time.utf8).withUnsafeBytes { RFC3339.parse($0) } != nil)
    }

    @Test func errorEvents() throws {
        var output: [UInt8] = []
        var random = RandomSource()
        let cause = Array("c\\\"1".utf8)
        cause.withUnsafeBytes {
            ErrorEvent.append(
                problem: Problem(.unroutableType, "No \"route\"."), causationID: $0, correlationID: "s", source: "/w",
                id: UUIDv7(wallNanoseconds: 0, random: &random), to: &output
            ) { $0.paddedDecimal("sequence", 7, width: 16) }
        }
        let event = try Event(parsing: output)
        #expect(event.type == "switchboard.error" && event.causationID == "c\"1" && event.correlationID == "s")
        #expect(event.string(.sequence) == "0000000000000007")
        let data = try JSONValue.parse(try #require(event.data))
        #expect(data["status"]?.integer == 422 && data["detail"]?.string == "No \"route\".")
        #expect(data["type"]?.string == "urn:switchboard:problem:unroutable-type")
    }
}
