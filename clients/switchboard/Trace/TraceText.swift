import TraceStore

/// All that is printed of one trace: its head, the waterfall, and what has to be said besides.
struct TraceText {
    let answer: TraceAnswer
    let layout: Waterfall.Layout
    let style: TextStyle

    var lines: [String] {
        guard let summary = answer.listing.traces.first else { return looseLogs }
        let tree = TraceTree(spans: answer.spans, logs: answer.logs)
        var lines = head(summary, tree)
        if tree.spans.isEmpty {
            lines += ["no span of this trace is here: it was not sampled, or they are yet to come; its logs:"]
        }
        lines += Waterfall(tree, layout: layout, style: style).lines.dropFirst(tree.spans.isEmpty ? 1 : 0)
        return lines + notes(tree) + looseLogs
    }

    private func head(_ summary: TraceSummary, _ tree: TraceTree) -> [String] {
        var facts = ["\(TimeText.dateTime(summary.startNanoseconds)) UTC"]
        if summary.spanCount > 0 { facts.append(TimeText.duration(summary.durationNanoseconds)) }
        facts += [Counted.text(summary.spanCount, "span"), Counted.text(summary.services.count, "service")]
        if summary.logCount > 0 { facts.append(Counted.text(summary.logCount, "log")) }
        var lines = [wrapped(style.apply(.strong, "trace \(summary.traceID.text)"), facts, summary.errorCount)]
        // Without those that are only ids of messages, an event has one id for the request and one for each answer.
        if !answer.eventIDs.isEmpty { lines.append(ids("event", answer.eventIDs)) }
        if !answer.correlationIDs.isEmpty { lines.append(ids("session", answer.correlationIDs)) }
        return lines
    }

    private func wrapped(_ title: String, _ facts: [String], _ errors: Int) -> String {
        let count = errors > 0 ? "  " + style.apply(.error, Counted.text(errors, "error")) : ""
        let text = facts.joined(separator: "  ") + count
        guard let columns = layout.columns, 38 + 2 + facts.joined(separator: "  ").count + 10 > columns else {
            return title + "  " + text
        }
        return title + "\n" + text
    }

    private func ids(_ name: String, _ ids: [String]) -> String {
        let shown = ids.prefix(3).map { Printable.text($0) }.joined(separator: ", ")
        return "\(name) \(shown)" + (ids.count > 3 ? " and \(ids.count - 3) more" : "")
    }

    /// What would mislead if it were not said.
    private func notes(_ tree: TraceTree) -> [String] {
        var notes: [String] = []
        for (clock, nanoseconds) in tree.clockShifts {
            let by = TimeText.duration(nanoseconds.magnitude)
            notes.append(
                "clock of \(Printable.text(clock)): \(by) \(nanoseconds < 0 ? "fast" : "slow"); its times are shown that much "
                    + "\(nanoseconds < 0 ? "earlier" : "later"), durations as they were measured")
        }
        var missing: Set<UInt64> = []
        for row in tree.rows {
            if case .span(_, .orphan(let parent)) = row.content { missing.insert(parent) }
        }
        if !missing.isEmpty {
            notes.append(
                "\(Counted.text(missing.count, "parent")) missing: not recorded, not sent yet, or from a sender that does not "
                    + "export to here")
        }
        let dropped = tree.spans.reduce(UInt64(0)) {
            let sum = $0.addingReportingOverflow($1.droppedEvents)
            return sum.overflow ? .max : sum.partialValue
        }
        if dropped > 0 {
            notes.append("\(dropped) span events were dropped by their sender, or are too many to be kept")
        }
        return notes.map { style.apply(.warning, "! ") + $0 }
    }

    var looseLogs: [String] {
        guard !answer.looseLogs.isEmpty else { return [] }
        return ["logs without a trace"]
            + answer.looseLogs.map { log in
                var line = StyledLine(style, widthMax: layout.columns)
                line.append(TimeText.dateTime(log.nanoseconds) + "  ", .faint)
                line.append(Printable.text(log.resource.service) + ": ")
                line.append(
                    Printable.text(Waterfall.text(of: log)), log.isError ? .error : log.severity >= 13 ? .warning : nil)
                for attribute in Waterfall.shownAttributes(log) {
                    line.append("  " + Printable.text("\(attribute.key)=\(attribute.value.text)"), .faint)
                }
                return line.result
            }
    }
}
