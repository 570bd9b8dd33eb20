/// What a terminal shows after some output, as far as the program's sequences go. Rows don't wrap: what is drawn over
/// and over must fit.
enum Screen {
    static func rows(after output: [UInt8]) -> [String] {
        var rows: [[Character]] = [[]]
        var column = 0
        var rest = Array(String(decoding: output, as: UTF8.self))[...]
        while let character = rest.popFirst() {
            switch character {
            case "\r": column = 0
            case "\n", "\r\n":
                rows.append([])
                column = 0
            case "\u{1B}":
                let sequence = rest.prefix { !$0.isLetter }
                rest = rest.dropFirst(sequence.count)
                let final = rest.popFirst()
                let parameters = String(sequence.dropFirst())
                if final == "K" { rows[rows.count - 1] = Array(rows[rows.count - 1].prefix(column)) }
                if final == "C" { column += Int(parameters) ?? 1 }
                if final == "J" { rows = [[]] }
            default:
                var row = rows[rows.count - 1]
                while row.count < column { row.append(" ") }
                if column < row.count { row[column] = character } else { row.append(character) }
                rows[rows.count - 1] = row
                column += 1
            }
        }
        return rows.map { String($0) }
    }
}
