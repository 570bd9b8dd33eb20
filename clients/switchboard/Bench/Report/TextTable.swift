/// Rows of cells, one below the other.
enum TextTable {
    /// - Parameter rows: may differ in length. Cells that begin with a digit are aligned to the right.
    static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                let isNumber = cell.first?.isNumber == true
                line += "  " + (isNumber ? gap + cell : column == row.count - 1 ? cell : cell + gap)
            }
            return line
        }.joined(separator: "\n")
    }
}
