import Core
import Testing

struct UTF8ValidatorTests {
    /// Every border between the ranges of RFC 3629 §4.
    private static let borders: [UInt8] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0, 0xF1,
        0xF3, 0xF4, 0xF5, 0xFF,
    ]

    private func isValid(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { UTF8Validator.isValid($0) } }

    @Test(arguments: borders)
    func agreesWithTheStandardLibrary(_ first: UInt8) {
        for second in Self.borders {
            for third in Self.borders {
                for fourth in Self.borders {
                    let bytes = [first, second, third, fourth]
                    let expected = String(validating: bytes, as: UTF8.self) != nil
                    if isValid(bytes) != expected { Issue.record("\(bytes)") }
                }
            }
        }
    }

    /// Characters before and behind change which step comes upon it.
    @Test(arguments: borders)
    func agreesWithTheStandardLibraryAmongOthers(_ first: UInt8) {
        let surroundings: [(before: [UInt8], behind: [UInt8])] = [
            ([0x61], [0x61]), ([], Array("žluť".utf8)), (Array("ů€😀".utf8), [0x80]),
            (Array("aaaaaaa".utf8), [0xBF, 0x61]),
        ]
        for second in Self.borders {
            for third in Self.borders {
                for (before, behind) in surroundings {
                    let bytes = before + [first, second, third] + behind
                    let expected = String(validating: bytes, as: UTF8.self) != nil
                    if isValid(bytes) != expected { Issue.record("\(bytes)") }
                }
            }
        }
    }

    /// It goes on exactly as long as something could still make the text right.
    @Test(arguments: borders)
    func failsAtTheFirstWrongByte(_ first: UInt8) {
        let endings: [[UInt8]] = [
            [], [0x80], [0xBF], [0x80, 0x80], [0xBF, 0x80], [0x80, 0x80, 0x80], [0xBF, 0x80, 0x80],
        ]
        for second in Self.borders {
            for third in Self.borders {
                for count in 1...3 {
                    let bytes = Array([first, second, third].prefix(count))
                    var validator = UTF8Validator()
                    let goesOn = bytes.allSatisfy { byte in withUnsafeBytes(of: byte) { validator.receive($0) } }
                    let canBeRight = endings.contains { String(validating: bytes + $0, as: UTF8.self) != nil }
                    if goesOn != canBeRight { Issue.record("\(bytes)") }
                }
            }
        }
    }

    @Test(arguments: 0...40)
    func findsAWrongByteAnywhere(_ at: Int) {
        var bytes = [UInt8](repeating: 0x61, count: 41)
        #expect(isValid(bytes))
        bytes[at] = 0xFF
        #expect(!isValid(bytes))
    }
}
