import Testing

@testable import switchboard

@Suite struct LineEditorTests {
    init() { DisplayWidth.prepare() }

    struct Case: Sendable, CustomStringConvertible {
        let typed: [Key]
        let text: String
        /// Where the next character goes, shown by typing `|` there.
        let marked: String
        var description: String { marked }
    }

    static func keys(_ text: String) -> [Key] { text.map { .character($0) } }

    static let cases: [Case] = [
        Case(typed: keys("ab"), text: "ab", marked: "ab|"),
        Case(typed: keys("ab") + [.left], text: "ab", marked: "a|b"),
        Case(typed: keys("ab") + [.left, .left, .left], text: "ab", marked: "|ab"),
        Case(typed: keys("ab") + [.home, .right, .right, .right], text: "ab", marked: "ab|"),
        Case(typed: keys("ab") + [.home, .end], text: "ab", marked: "ab|"),
        Case(typed: keys("abc") + [.left, .backspace], text: "ac", marked: "a|c"),
        Case(typed: keys("abc") + [.home, .backspace], text: "abc", marked: "|abc"),
        Case(typed: keys("abc") + [.home, .delete], text: "bc", marked: "|bc"),
        Case(typed: keys("abc") + [.delete], text: "abc", marked: "abc|"),
        Case(typed: keys("abc") + [.left, .endOfInput], text: "ab", marked: "ab|"),
        Case(typed: keys("one two  three") + [.wordLeft], text: "one two  three", marked: "one two  |three"),
        Case(
            typed: keys("one two  three") + [.wordLeft, .wordLeft], text: "one two  three", marked: "one |two  three"),
        Case(typed: keys("one two") + [.home, .wordRight], text: "one two", marked: "one| two"),
        Case(typed: keys("one two") + [.deleteWordBack], text: "one ", marked: "one |"),
        Case(typed: keys("one two") + [.home, .deleteWordForward], text: " two", marked: "| two"),
        Case(typed: keys("one two") + [.wordLeft, .deleteToEnd], text: "one ", marked: "one |"),
        Case(typed: keys("one two") + [.wordLeft, .deleteToStart], text: "two", marked: "|two"),
        Case(typed: keys("one two") + [.wordLeft, .deleteToEnd, .home, .yank], text: "twoone ", marked: "two|one "),
        Case(typed: keys("ab") + [.transpose], text: "ba", marked: "ba|"),
        Case(typed: keys("abc") + [.home, .right, .transpose], text: "bac", marked: "ba|c"),
        Case(typed: keys("a") + [.transpose], text: "a", marked: "a|"),
        Case(typed: keys("x") + [.paste("a\nb\tc\u{07}")], text: "xa b c", marked: "xa b c|"),
        Case(typed: keys("日本") + [.left, .backspace], text: "本", marked: "|本"),
        Case(typed: keys("e") + [.character("\u{301}")], text: "e\u{301}", marked: "e\u{301}|"),
        Case(typed: keys("ae") + [.character("\u{301}"), .backspace], text: "a", marked: "a|"),
        Case(typed: keys("st") + [.tab], text: "status ", marked: "status |"),
        Case(typed: keys("s") + [.tab], text: "s", marked: "s|"),
        Case(typed: [.tab], text: "", marked: "|"),
        Case(typed: keys("old") + [.enter] + keys("new") + [.up], text: "old", marked: "old|"),
        Case(typed: keys("old") + [.enter] + keys("new") + [.up, .up, .down], text: "new", marked: "new|"),
        Case(typed: [.up, .down], text: "", marked: "|"),
    ]

    @Test(arguments: cases)
    func edits(_ row: Case) {
        var editor = LineEditor(prompt: "> ", words: ["send", "status", "ping"])
        for key in row.typed { _ = editor.receive(key) }
        #expect(editor.text == row.text)
        _ = editor.receive(.character("|"))
        #expect(editor.text == row.marked)
    }

    @Test func enterGivesTheLineAndEmptiesIt() {
        var editor = LineEditor(prompt: "> ")
        for key in Self.keys("ping 3") { #expect(editor.receive(key) == nil) }
        #expect(editor.receive(.enter) == .line("ping 3"))
        #expect(editor.text.isEmpty)
        #expect(editor.history.lines == ["ping 3"])
    }

    @Test func controlKeysGiveOutcomes() {
        var editor = LineEditor(prompt: "> ")
        _ = editor.receive(.character("x"))
        #expect(editor.receive(.endOfInput) == nil)
        #expect(editor.receive(.interrupt) == .interrupt)
        #expect(editor.text.isEmpty)
        #expect(editor.receive(.endOfInput) == .endOfInput)
        #expect(editor.receive(.suspend) == .suspend)
        #expect(editor.receive(.clearScreen) == .clearScreen)
    }

    struct Drawing: Sendable, CustomStringConvertible {
        let text: String
        let back: Int
        let columns: Int
        let shown: String
        let column: Int
        var description: String { "\(text) at \(columns), \(back) back" }
    }

    static let drawings: [Drawing] = [
        Drawing(text: "", back: 0, columns: 80, shown: "", column: 2),
        Drawing(text: "abc", back: 1, columns: 80, shown: "abc", column: 4),
        Drawing(text: "日本", back: 1, columns: 80, shown: "日本", column: 4),
        Drawing(text: "日本", back: 0, columns: 80, shown: "日本", column: 6),
        Drawing(text: "e\u{301}x", back: 0, columns: 80, shown: "e\u{301}x", column: 4),
        Drawing(text: "🇩🇪x", back: 0, columns: 80, shown: "🇩🇪x", column: 5),
        Drawing(text: "abcdefghij", back: 0, columns: 8, shown: "fghij", column: 7),
        Drawing(text: "abcdefghij", back: 10, columns: 8, shown: "abcde", column: 2),
        Drawing(text: "日本語日本語", back: 0, columns: 8, shown: "本語", column: 6),
        Drawing(text: "abc", back: 0, columns: 1, shown: "c", column: 3),
    ]

    @Test(arguments: drawings)
    func draws(_ row: Drawing) {
        var editor = LineEditor(prompt: "> ")
        for key in Self.keys(row.text) { _ = editor.receive(key) }
        for _ in 0..<row.back { _ = editor.receive(.left) }
        #expect(editor.rendered(columns: row.columns) == "\r> \(row.shown)\u{1B}[K\r\u{1B}[\(row.column)C")
    }
}
