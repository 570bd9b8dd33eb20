import TraceStore

/// Traces, a line for each.
struct TraceTable {
    let listing: TraceListing
    let columns: Int?
    let style: TextStyle

    private static let wide = 110

    /// Half an id is enough to find its trace.
    private var idColumns: Int { (columns ?? Self.wide) < Self.wide ? 16 : 32 }

    var lines: [String] {
        let durations = listing.traces.map { TimeText.duration($0.durationNanoseconds) }
        let durationColumns = max(9, durations.map(\.count).max() ?? 0)
        var head = StyledLine(style, widthMax: columns)
        head.append(
            "time (UTC)   " + StyledLine.column("trace id", idColumns) + " "
                + StyledLine.column("took", durationColumns, alignsRight: true) + "  spans errors  root (services)",
            .faint)
        return [head.result]
            + zip(listing.traces, durations).map { trace, duration in
                var line = StyledLine(style, widthMax: columns)
                line.append(TimeText.time(trace.startNanoseconds) + " ", .faint)
                line.append(String(trace.traceID.text.prefix(idColumns)) + " ")
                line.append(StyledLine.column(duration, durationColumns, alignsRight: true), .strong)
                line.append(StyledLine.column("\(trace.spanCount)", 7, alignsRight: true))
                line.append(
                    StyledLine.column(trace.errorCount == 0 ? "" : "\(trace.errorCount)", 7, alignsRight: true), .error)
                line.append("  " + Self.root(trace))
                line.append(" (" + trace.services.map { Printable.text($0) }.joined(separator: ", ") + ")", .faint)
                return line.result
            }
    }

    private static func root(_ trace: TraceSummary) -> String {
        guard trace.spanCount > 0 else { return "(logs only)" }
        let name = Printable.text("\(trace.service): \(trace.name)")
        return trace.hasRoot ? name : "… " + name
    }
}
