/// One line being typed: keys in, what to do and what to draw out. The line scrolls sideways when it is longer than the
/// terminal is wide, so it always takes one row.
struct LineEditor {
    private static let charactersMax = 64 * 1024

    enum Outcome: Equatable {
        case line(String)
        /// Ctrl-C: the line was given up.
        case interrupt
        /// Ctrl-D on an empty line.
        case endOfInput
        case suspend
        case clearScreen
    }

    private let prompt: String
    /// What Tab completes the first word to.
    private let words: [String]
    private(set) var history: LineHistory
    private var characters: [Character] = []
    private var cursor = 0
    private var deleted: [Character] = []

    init(prompt: String, words: [String] = [], history: LineHistory = LineHistory()) {
        self.prompt = prompt
        self.words = words
        self.history = history
    }

    var text: String { String(characters) }

    mutating func receive(_ key: Key) -> Outcome? {
        switch key {
        case .character(let character): insert([character])
        case .paste(let text):
            // A pasted line break must not run what was pasted.
            insert(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }.filter { ($0.asciiValue ?? 0x20) >= 0x20 })
        case .enter: return enter()
        case .interrupt:
            replace(with: "")
            return .interrupt
        case .endOfInput:
            if characters.isEmpty { return .endOfInput }
            deleteForward(1)
        case .suspend: return .suspend
        case .clearScreen: return .clearScreen
        default: edit(key)
        }
        return nil
    }

    private mutating func edit(_ key: Key) {
        switch key {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: if let line = history.previous(current: text) { replace(with: line) }
        case .down: if let line = history.next() { replace(with: line) }
        case .backspace:
            if cursor > 0 {
                cursor -= 1
                deleteForward(1)
            }
        case .delete: deleteForward(1)
        case .deleteToEnd: cut(cursor..<characters.count)
        case .deleteToStart: cut(0..<cursor)
        case .deleteWordBack: cut(wordStart..<cursor)
        case .deleteWordForward: cut(cursor..<wordEnd)
        case .yank: insert(deleted)
        case .transpose: transpose()
        case .tab: complete()
        default: break
        }
    }

    private mutating func enter() -> Outcome {
        let line = text
        history.add(line)
        replace(with: "")
        return .line(line)
    }

    private mutating func insert(_ new: [Character]) {
        let room = max(0, Self.charactersMax - characters.count)
        characters.insert(contentsOf: new.prefix(room), at: cursor)
        cursor += min(room, new.count)
        // What was inserted may combine with its neighbours into fewer characters.
        let before = String(characters[..<cursor]).count
        characters = Array(String(characters))
        cursor = min(before, characters.count)
    }

    private mutating func replace(with line: String) {
        characters = Array(line)
        cursor = characters.count
    }

    private mutating func deleteForward(_ count: Int) {
        characters.removeSubrange(cursor..<min(cursor + count, characters.count))
    }

    private mutating func cut(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        deleted = Array(characters[range])
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func transpose() {
        guard cursor > 0, characters.count > 1 else { return }
        let right = min(cursor, characters.count - 1)
        characters.swapAt(right - 1, right)
        cursor = right + 1
    }

    private mutating func complete() {
        let typed = String(characters[..<cursor])
        let matching = words.filter { $0.hasPrefix(typed) }
        guard !typed.isEmpty, matching.count == 1, cursor == characters.count else { return }
        replace(with: matching[0] + " ")
    }

    private var wordStart: Int {
        var at = cursor
        while at > 0, characters[at - 1].isWhitespace { at -= 1 }
        while at > 0, !characters[at - 1].isWhitespace { at -= 1 }
        return at
    }

    private var wordEnd: Int {
        var at = cursor
        while at < characters.count, characters[at].isWhitespace { at += 1 }
        while at < characters.count, !characters[at].isWhitespace { at += 1 }
        return at
    }

    // MARK: Drawing

    /// Draws prompt and line over the terminal's current row, and leaves the cursor where it belongs.
    func rendered(columns: Int) -> String {
        let room = max(1, columns - DisplayWidth.of(prompt) - 1)
        let widths = characters.map(DisplayWidth.of)
        var first = 0
        var cursorColumn = widths[..<cursor].reduce(0, +)
        while cursorColumn > room {
            cursorColumn -= widths[first]
            first += 1
        }
        var end = first
        var width = 0
        while end < characters.count, width + widths[end] <= room {
            width += widths[end]
            end += 1
        }
        let column = DisplayWidth.of(prompt) + cursorColumn
        let shown = Printable.text(String(characters[first..<end]))
        return "\r" + prompt + shown + "\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : "")
    }

    /// Takes the line off the terminal's current row.
    static let erased = "\r\u{1B}[K"
}
