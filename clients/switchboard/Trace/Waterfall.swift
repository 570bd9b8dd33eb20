import TraceStore

/// Draws a trace: a line for each span, with its bar, and for each event and log in it.
struct Waterfall {
    /// Where a line's parts stand.
    struct Layout {
        private static let narrow = 100
        private static let columnsMin = 40

        /// Of the terminal; nil: lines are as long as they get.
        let columns: Int?
        let barColumns: Int
        /// A level of the tree.
        let indent: Int
        /// Kinds are abbreviated on narrow terminals.
        let abbreviates: Bool

        init(columns: Int?) {
            self.columns = columns.map { max(Self.columnsMin, $0) }
            let known = self.columns ?? 120
            abbreviates = known < Self.narrow
            barColumns = known < Self.narrow ? max(6, known * 14 / 80) : min(60, known / 5)
            indent = abbreviates ? 1 : 2
        }
    }

    private static let secondsFrom: Int64 = 100_000_000_000
    /// Deeper levels are drawn at this one.
    private static let depthMax = 24

    private let tree: TraceTree
    private let layout: Layout
    private let style: TextStyle
    private let services: [String: Int]
    private let inSeconds: Bool
    private let offsetColumns: Int
    private let durationColumns: Int

    init(_ tree: TraceTree, layout: Layout, style: TextStyle) {
        self.tree = tree
        self.layout = layout
        self.style = style
        var services: [String: Int] = [:]
        for row in tree.rows {
            if case .span(let index, _) = row.content {
                let service = tree.spans[index].resource.service
                if services[service] == nil { services[service] = services.count }
            }
        }
        self.services = services
        let inSeconds = tree.extentNanoseconds >= Self.secondsFrom
        self.inSeconds = inSeconds
        let offsets = tree.rows.map { TimeText.number($0.startNanoseconds, inSeconds: inSeconds).utf8.count }
        let durations = tree.spans.map {
            TimeText.number(Int64(clamping: $0.durationNanoseconds), inSeconds: inSeconds).utf8.count
        }
        offsetColumns = max(9, offsets.max() ?? 0)
        durationColumns = max(8, durations.max() ?? 0)
    }

    /// With the line that names the columns.
    var lines: [String] { [head] + tree.rows.map(line) + strayLogs }

    private var head: String {
        let unit = inSeconds ? "s" : "ms"
        var line = StyledLine(style, widthMax: layout.columns)
        line.append(
            StyledLine.column("offset \(unit)", offsetColumns, alignsRight: true) + " "
                + StyledLine.column("took", durationColumns, alignsRight: true) + " "
                + StyledLine.column("", layout.barColumns) + " " + kindColumn("kind") + " service: span", .faint)
        return line.result
    }

    private func line(_ row: TraceTree.Row) -> String {
        switch row.content {
        case .span(let index, let place): return line(row, tree.spans[index], place)
        case .event(let span, let number):
            let event = tree.spans[span].events[number]
            return detail(row, "◆", event.name, event.attributes, .warning)
        case .log(let index): return logLine(row, tree.logs[index])
        }
    }

    private func line(_ row: TraceTree.Row, _ span: RecordedSpan, _ place: TraceTree.Place) -> String {
        let took = TimeText.number(Int64(clamping: span.durationNanoseconds), inSeconds: inSeconds)
        let hasFailed = span.status == .error
        let colour = TextStyle.Emphasis.service(services[span.resource.service] ?? 0)
        var line = start(row, took: took)
        line.append(bar(row.startNanoseconds, Int64(clamping: span.durationNanoseconds)), hasFailed ? .error : colour)
        line.append(" " + kindColumn(span.kind.name) + " ", .faint)
        line.append(guides(row), .faint)
        line.append(Printable.text(span.resource.service), colour)
        line.append(": ", .faint)
        line.append(Printable.text(span.name), hasFailed ? .error : .strong)
        if hasFailed { line.append("  ✗ " + Self.failure(span), .error) }
        switch place {
        case .orphan: line.append("  (its parent is missing)", .warning)
        case .circular: line.append("  (it is its own ancestor)", .warning)
        case .root, .child: break
        }
        return line.result
    }

    /// What is said of a span's failure.
    private static func failure(_ span: RecordedSpan) -> String {
        let type = span.attributes["error.type"]?.text ?? ""
        let parts = [type, span.statusMessage].filter { !$0.isEmpty }
        return parts.isEmpty ? "error" : Printable.text(parts.joined(separator: ": "))
    }

    private func logLine(_ row: TraceTree.Row, _ log: RecordedLog) -> String {
        let emphasis: TextStyle.Emphasis = log.isError ? .error : log.severity >= 13 ? .warning : .faint
        return detail(row, "≡", Self.text(of: log), Self.shownAttributes(log), emphasis)
    }

    static func text(of log: RecordedLog) -> String {
        let body = log.body.text.isEmpty ? log.eventName : log.body.text
        return log.level.isEmpty ? body : log.level + " " + body
    }

    /// Without the ids, which are the trace's.
    static func shownAttributes(_ log: RecordedLog) -> [RecordedAttribute] {
        log.attributes.filter { !["correlation_id", "event_id", "trace_id", "span_id"].contains($0.key) }
    }

    /// An event or a log, with the moment marked where a span has its bar.
    private func detail(
        _ row: TraceTree.Row, _ mark: String, _ text: String, _ attributes: [RecordedAttribute],
        _ emphasis: TextStyle.Emphasis
    ) -> String {
        var line = start(row, took: "")
        let at = position(row.startNanoseconds)
        line.append(
            String(repeating: " ", count: at) + "·" + String(repeating: " ", count: layout.barColumns - at - 1), .faint)
        line.append(" " + kindColumn("") + " ")
        line.append(guides(row), .faint)
        line.append("\(mark) ", emphasis)
        line.append(Printable.text(text), emphasis)
        for attribute in attributes {
            line.append("  \(Printable.text(attribute.key))=", .faint)
            line.append(Printable.text(attribute.value.text), .faint)
        }
        return line.result
    }

    private func start(_ row: TraceTree.Row, took: String) -> StyledLine {
        var line = StyledLine(style, widthMax: layout.columns)
        let offset = TimeText.number(row.startNanoseconds, inSeconds: inSeconds)
        line.append(
            StyledLine.column(offset, offsetColumns, alignsRight: true) + " "
                + StyledLine.column(took, durationColumns, alignsRight: true) + " ")
        return line
    }

    private func kindColumn(_ name: String) -> String {
        let short = ["client": "clnt", "server": "srvr", "internal": "intl", "producer": "prod", "consumer": "cons"]
        return layout.abbreviates ? StyledLine.column(short[name] ?? name, 4) : StyledLine.column(name, 8)
    }

    // MARK: Bars

    /// The column of a moment.
    private func position(_ nanoseconds: Int64) -> Int {
        guard tree.extentNanoseconds > 0 else { return 0 }
        let column = Double(nanoseconds) / Double(tree.extentNanoseconds) * Double(layout.barColumns)
        return Int(max(0, min(column, Double(layout.barColumns - 1))))
    }

    /// At least one column, so that every span shows.
    private func bar(_ start: Int64, _ duration: Int64) -> String {
        let first = position(start)
        var end = layout.barColumns
        if tree.extentNanoseconds > 0 {
            let exact = (Double(start) + Double(duration)) / Double(tree.extentNanoseconds) * Double(layout.barColumns)
            end = Int(max(Double(first + 1), min(exact.rounded(), Double(layout.barColumns))))
        }
        return String(repeating: " ", count: first) + String(repeating: "█", count: end - first)
            + String(repeating: " ", count: layout.barColumns - end)
    }

    // MARK: Tree

    /// The lines that lead from the ancestors to a row.
    private func guides(_ row: TraceTree.Row) -> String {
        guard row.depth > 0 else { return "" }
        let blank = String(repeating: " ", count: layout.indent - 1)
        var pieces: [String] = []
        if row.isSpan {
            pieces.append((row.isFollowed ? "├" : "└") + blank)
        } else {
            pieces.append((row.isFollowed ? "│" : " ") + blank)
        }
        var ancestor = row.parentRow.map { tree.rows[$0] }
        while let current = ancestor, current.depth > 0, pieces.count < Self.depthMax {
            pieces.append((current.isFollowed ? "│" : " ") + blank)
            ancestor = current.parentRow.map { tree.rows[$0] }
        }
        if let ancestor, ancestor.depth > 0 { pieces.append("‹\(ancestor.depth)› ") }
        return pieces.reversed().joined()
    }

    // MARK: Logs without a span

    private var strayLogs: [String] {
        guard !tree.stray.isEmpty else { return [] }
        var lines = ["logs of the trace that belong to no span of it"]
        for (index, start) in tree.stray {
            let log = tree.logs[index]
            let row = TraceTree.Row(log: index, startNanoseconds: start)
            lines.append(
                detail(
                    row, "≡", Printable.text(log.resource.service) + ": " + Self.text(of: log),
                    Self.shownAttributes(log), log.isError ? .error : log.severity >= 13 ? .warning : .faint))
        }
        return lines
    }
}

extension RecordedSpan.Kind {
    var name: String {
        switch self {
        case .unspecified: ""
        case .internal: "internal"
        case .server: "server"
        case .client: "client"
        case .producer: "producer"
        case .consumer: "consumer"
        }
    }
}
