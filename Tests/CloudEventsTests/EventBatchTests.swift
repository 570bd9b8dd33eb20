import CloudEvents
import Core
import Testing

@Suite struct EventBatchTests {
    @Test func itEndsWhenThereAreTooMany() {
        for text in ["[1,2,{},4]", "[1,2,{},[[", "[1,2,{},4"] {
            var count = 0
            let malformed = { (_: EventError) in count += 1 }
            #expect(throws: EventError.tooMany(3)) {
                try Array(text.utf8).withUnsafeBytes {
                    try EventBatch.forEach($0, rules: .strict, eventsMax: 3, malformed: malformed) { _ in }
                }
            }
            #expect(count == 3, "\(text)")
        }
    }

    private static let event = EventEnvelopeTests.minimal

    private static func ids(_ text: String) throws -> [String] {
        var ids: [String] = []
        try Array(text.utf8).withBytes { bytes throws(EventError) in
            try EventBatch.forEach(bytes, rules: .strict) { ids.append($0.string(.id, in: bytes) ?? "") }
        }
        return ids
    }

    @Test(arguments: [
        ("[]", []), (event, ["1"]), ("[\(event)]", ["1"]),
        (" [ \(event) , \(event.replacing("\"1\"", with: "\"2\"")) ] ", ["1", "2"]),
    ])
    func takesEveryEventInItsOrder(_ text: String, _ ids: [String]) throws { #expect(try Self.ids(text) == ids) }

    @Test(arguments: [
        "", "1", "[", "[\(event)", "[\(event),]", "[,\(event)]", "[\(event) \(event)]", "[[\(event)]]", "[1]",
        "[\(event)]x", "[\(event),{}]",
    ])
    func refuses(_ text: String) { #expect(throws: EventError.self) { try Self.ids(text) } }
}
