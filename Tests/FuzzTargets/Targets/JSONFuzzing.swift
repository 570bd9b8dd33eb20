import Core
import JSON

/// Whatever is accepted reads back as what it was, and ends where it should.
enum JSONFuzzing {
    static func check(_ input: [UInt8]) {
        let value = try? JSONValue.parse(input)
        let isValid = input.withUnsafeBytes { (try? JSONScanner.validate($0)) != nil }
        precondition(isValid == (value != nil), "the scanner and the reader disagree")
        guard let value else { return }
        var written: [UInt8] = []
        value.append(to: &written)
        let again = try? JSONValue.parse(written)
        precondition(again == value, "what was written reads back as something else")
        // No part of a document that ends in a bracket is a document, and nothing may follow one.
        if case .object = value { checkEnds(input) }
        if case .array = value { checkEnds(input) }
    }

    private static func checkEnds(_ input: [UInt8]) {
        let trimmed = input.reversed().drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.count
        precondition((try? JSONValue.parse(Array(input.prefix(trimmed - 1)))) == nil, "accepted without its end")
        precondition((try? JSONValue.parse(input + [0x2C])) == nil, "accepted with something behind it")
    }
}
