/// A histogram as rows of a terminal.
struct HistogramDrawing {
    struct Row: Equatable {
        /// The row counts what is not more than this, and more than the row before.
        let nanoseconds: UInt64
        let count: UInt64
    }

    private static let columns = 40
    private static let eighths = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// Per decade; the first that gives enough rows.
    private static let steps: [[UInt64]] = [
        [10, 20, 50], [10, 15, 20, 30, 50, 70], [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82],
    ]
    private static let rowsMin = 8

    let rows: [Row]
    private let total: UInt64

    init(_ histogram: LatencyHistogram) {
        total = histogram.count
        var best: [Row] = []
        for steps in Self.steps where best.count < Self.rowsMin { best = Self.rows(histogram, steps) }
        rows = best
    }

    /// From the first row that holds something to the last.
    private static func rows(_ histogram: LatencyHistogram, _ steps: [UInt64]) -> [Row] {
        var rows: [Row] = []
        var edges = Edges(steps: steps)
        var count: UInt64 = 0
        histogram.forEachBucket { top, inside in
            while top > edges.current {
                if count > 0 || !rows.isEmpty { rows.append(Row(nanoseconds: edges.current, count: count)) }
                count = 0
                edges.advance()
            }
            count += inside
        }
        if count > 0 { rows.append(Row(nanoseconds: edges.current, count: count)) }
        return rows
    }

    /// 1 µs and up.
    private struct Edges {
        let steps: [UInt64]
        private var index = 0
        private var decade: UInt64 = 100
        init(steps: [UInt64]) { self.steps = steps }
        var current: UInt64 { steps[index] * decade }
        mutating func advance() {
            index += 1
            if index == steps.count { (index, decade) = (0, decade * 10) }
        }
    }

    var text: String {
        let most = rows.map(\.count).max() ?? 0
        let labels = rows.map { "≤ " + Decimals.latency(nanoseconds: $0.nanoseconds) }
        let width = labels.map(\.count).max() ?? 0
        let counts = rows.map { String($0.count) }
        let countWidth = counts.map(\.count).max() ?? 0
        return rows.indices.map { index in
            let share = Double(rows[index].count) / Double(max(total, 1)) * 100
            let percent = Decimals.tenths(share) + "%"
            return "  " + Self.left(labels[index], width) + "  " + Self.bar(rows[index].count, of: most)
                + "  " + Self.left(counts[index], countWidth) + "  " + Self.left(percent, 6)
        }.joined(separator: "\n")
    }

    private static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// What is there is seen, however little it is.
    private static func bar(_ count: UInt64, of most: UInt64) -> String {
        guard count > 0, most > 0 else { return String(repeating: " ", count: columns) }
        let parts = max(1, Int((Double(count) / Double(most) * Double(columns * 8)).rounded()))
        let bar = String(repeating: "█", count: parts / 8) + (parts % 8 == 0 ? "" : eighths[parts % 8])
        return bar + String(repeating: " ", count: max(0, columns - bar.count))
    }
}
