/// A line made of pieces, cut at a width without counting what only styles it.
struct StyledLine {
    private var text = ""
    private var width = 0
    private var isCut = false
    private let widthMax: Int
    private let style: TextStyle

    /// - Parameter widthMax: in columns; nil: as long as it gets.
    init(_ style: TextStyle, widthMax: Int?) {
        self.style = style
        self.widthMax = widthMax ?? .max
    }

    mutating func append(_ piece: String, _ emphasis: TextStyle.Emphasis? = nil) {
        guard !isCut else { return }
        var shown = piece
        let pieceWidth = DisplayWidth.of(piece)
        if width + pieceWidth > widthMax {
            shown = Self.prefix(of: piece, columns: max(0, widthMax - width - 1)) + (widthMax > width ? "…" : "")
            isCut = true
        }
        width += pieceWidth
        text += emphasis.map { style.apply($0, shown) } ?? shown
    }

    /// Without blanks at its end, so that piped text has none.
    var result: String {
        var result = text
        while result.last == " " { result.removeLast() }
        return result
    }

    static func prefix(of text: String, columns: Int) -> String {
        var used = 0
        var result = ""
        for character in text {
            used += DisplayWidth.of(character)
            if used > columns { break }
            result.append(character)
        }
        return result
    }

    /// Padded with blanks, or cut, to exactly so many columns.
    static func column(_ text: String, _ columns: Int, alignsRight: Bool = false) -> String {
        let width = DisplayWidth.of(text)
        guard width <= columns else { return prefix(of: text, columns: columns - 1) + "…" }
        let blanks = String(repeating: " ", count: columns - width)
        return alignsRight ? blanks + text : text + blanks
    }
}
