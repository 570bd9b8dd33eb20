/// What was pressed on a terminal's keyboard.
enum Key: Equatable {
    case character(Character)
    /// What was pasted, as one piece.
    case paste(String)
    case enter, tab, backspace, delete
    case left, right, wordLeft, wordRight, home, end
    case up, down
    case deleteToEnd, deleteToStart, deleteWordBack, deleteWordForward, yank, transpose
    case clearScreen, interrupt, endOfInput, suspend
}
