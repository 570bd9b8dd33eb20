import TestSupport
import Testing

@testable import switchboard

@Suite struct KeyDecoderTests {
    struct Case: Sendable, CustomStringConvertible {
        let input: String
        let keys: [Key]
        var description: String { input.debugDescription }
    }

    static let cases: [Case] = [
        Case(input: "aZ ~", keys: [.character("a"), .character("Z"), .character(" "), .character("~")]),
        Case(input: "é日🎉", keys: [.character("é"), .character("日"), .character("🎉")]),
        Case(input: "\u{01}\u{02}\u{05}\u{06}", keys: [.home, .left, .end, .right]),
        Case(input: "\u{03}\u{04}\u{1A}\u{0C}", keys: [.interrupt, .endOfInput, .suspend, .clearScreen]),
        Case(input: "\r\n\t\u{7F}\u{08}", keys: [.enter, .enter, .tab, .backspace, .backspace]),
        Case(
            input: "\u{0B}\u{15}\u{17}\u{19}\u{14}",
            keys: [.deleteToEnd, .deleteToStart, .deleteWordBack, .yank, .transpose]),
        Case(input: "\u{10}\u{0E}", keys: [.up, .down]),
        Case(input: "\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", keys: [.up, .down, .right, .left]),
        Case(input: "\u{1B}OA\u{1B}OH\u{1B}OF", keys: [.up, .home, .end]),
        Case(
            input: "\u{1B}[H\u{1B}[1~\u{1B}[7~\u{1B}[F\u{1B}[4~\u{1B}[8~",
            keys: [.home, .home, .home, .end, .end, .end]),
        Case(input: "\u{1B}[3~\u{1B}[1;5C\u{1B}[1;3D", keys: [.delete, .wordRight, .wordLeft]),
        Case(
            input: "\u{1B}b\u{1B}f\u{1B}d\u{1B}\u{7F}",
            keys: [.wordLeft, .wordRight, .deleteWordForward, .deleteWordBack]),
        Case(input: "\u{1B}[200~a\nb\u{1B}[201~c", keys: [.paste("a\nb"), .character("c")]),
        Case(input: "\u{1B}[200~\u{1B}[A\u{1B}[201~", keys: [.paste("\u{1B}[A")]),
        Case(input: "\u{1B}[99zx\u{1B}[24~y", keys: [.character("x"), .character("y")]),
        Case(input: "\u{1B}\u{1B}[Ax", keys: [.up, .character("x")]),
        Case(input: "\u{00}\u{1C}\u{1D}x", keys: [.character("x")]),
    ]

    @Test(arguments: cases, Cutting.all)
    func decodes(_ row: Case, _ cutting: Cutting) {
        var decoder = KeyDecoder()
        var keys: [Key] = []
        var rest = Array(row.input.utf8)[...]
        for piece in cutting.pieces(of: rest.count) {
            keys += decoder.receive(rest.prefix(piece))
            rest = rest.dropFirst(piece)
        }
        #expect(keys == row.keys)
        #expect(!decoder.isUndecided)
    }

    @Test func brokenCharactersAreDropped() {
        var decoder = KeyDecoder()
        #expect(decoder.receive([0xE6, 0x97, 0x61]) == [.character("a")])
        #expect(decoder.receive([0xFF, 0xC3, 0x28, 0x62]) == [.character("("), .character("b")])
    }

    @Test func escapeAloneIsForgotten() {
        var decoder = KeyDecoder()
        #expect(decoder.receive([0x1B]) == [])
        #expect(decoder.isUndecided)
        decoder.giveUp()
        #expect(decoder.receive(Array("[A".utf8)) == [.character("["), .character("A")])
    }

    @Test func aSequenceWithoutEndIsGivenUp() {
        var decoder = KeyDecoder()
        #expect(decoder.receive([0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100)).count > 60)
        #expect(!decoder.isUndecided)
    }

    @Test func aPasteIsBounded() {
        var decoder = KeyDecoder()
        let pasted = [UInt8](repeating: 0x61, count: 200_000)
        let keys = decoder.receive(Array("\u{1B}[200~".utf8) + pasted + Array("\u{1B}[201~".utf8))
        guard case .paste(let text)? = keys.first, keys.count == 1 else {
            Issue.record("\(keys.count) keys")
            return
        }
        #expect(text.utf8.count <= 65_536 && text.utf8.count > 65_000)
        #expect(text.allSatisfy { $0 == "a" })
    }
}
