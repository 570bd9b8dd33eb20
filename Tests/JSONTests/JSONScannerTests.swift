import Core
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JSONScannerTests {
    /// In memory of exactly that size, so that a sanitizer sees what is read behind it.
    private static func error(_ bytes: [UInt8]) -> JSONError? {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        do throws(JSONError) { try JSONScanner.validate(UnsafeRawBufferPointer(memory)) } catch { return error }
        return nil
    }

    @Test(arguments: JSONDocuments.accepted)
    func accepts(_ text: String) { #expect(Self.error(Array(text.utf8)) == nil) }

    @Test(arguments: JSONDocuments.refused)
    func refuses(_ text: String, _ error: JSONError) { #expect(Self.error(Array(text.utf8)) == error) }

    @Test(arguments: JSONDocuments.invalidUTF8)
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        #expect(Self.error([0x22] + bytes + [0x22]) == .invalidUTF8)
        #expect(Self.error(Array("{\"a".utf8) + bytes + Array("\":1}".utf8)) == .invalidUTF8)
    }

    /// A value that ends in a bracket or a quote is none without its end.
    @Test(arguments: JSONDocuments.accepted)
    func noPartIsADocument(_ text: String) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { $0 > 0x20 }), [0x22, 0x5B, 0x7B].contains(first) else { return }
        let whole = bytes.count - bytes.reversed().prefix { $0 <= 0x20 }.count
        for count in 0..<whole { #expect(Self.error(Array(bytes[..<count])) != nil, "\(text.prefix(count))") }
    }

    /// Foundation reads whatever is accepted here. It reads more: it lets commas stand before a closing bracket, and a BOM.
    @Test(arguments: 0..<4)
    func foundationReadsWhatIsAccepted(_ share: Int) {
        let corpus = (JSONDocuments.accepted + JSONDocuments.refused.map(\.text)).map { Array($0.utf8) }
            .filter { $0.count < 60 }
        var mutator = Mutator(
            seed: 0x4A53 + UInt64(share), corpus: corpus,
            alphabet: Array("{}[]\",:\\u0123456789eE+-. \ntruefalsn/x".utf8))
        var accepted = 0
        for _ in 0..<2500 {
            let (input, _) = mutator.next()
            // Numbers that a double can't hold, and halves of surrogate pairs, are errors only there.
            let hasExponent = input.contains { $0 | 0x20 == 0x65 }
            guard Self.error(input) == nil, !hasExponent, !String(decoding: input, as: UTF8.self).contains("\\u") else {
                continue
            }
            accepted += 1
            let theirs = try? JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed])
            #expect(theirs != nil, "\(String(decoding: input, as: UTF8.self).debugDescription)")
        }
        #expect(accepted > 100)
    }

    @Test func membersAndElementsAreWhereTheyAre() throws {
        let object = Array(#" { "a" : [1, 2] , "b\n":{"c":"}"} } "#.utf8)
        var members: [String] = []
        try object.withBytes { bytes throws(JSONError) in
            try JSONScanner.forEachMember(bytes) { members.append("\(bytes.slice($0).text)=\(bytes.slice($1).text)") }
        }
        #expect(members == ["a=[1, 2]", #"b\n={"c":"}"}"#])
        let array = Array(#"[ 1 ,"]", [ ] ]"#.utf8)
        var elements: [String] = []
        try array.withBytes { bytes throws(JSONError) in
            try JSONScanner.forEachElement(bytes) { elements.append(bytes.slice($0).text) }
        }
        #expect(elements == ["1", "\"]\"", "[ ]"])
        for wrong in ["1", "[]x", "{}"] {
            #expect(throws: JSONError.self) {
                try Array(wrong.utf8).withBytes { bytes throws(JSONError) in
                    try JSONScanner.forEachElement(bytes) { _ in }
                }
            }
        }
    }
}
