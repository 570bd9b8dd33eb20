extension BenchReport {
    /// For people; without what `failures` and `brokenThresholds` say.
    var text: String {
        var parts = [head]
        if latency.count > 0 { parts.append(HistogramDrawing(latency).text) }
        if sections.count > 1 { parts.append(sectionTable) }
        if let recovery { parts.append(text(of: recovery)) }
        if !tally.counts.isEmpty { parts.append(errorTable) }
        if !processes.isEmpty { parts.append(processTable) }
        if !slowest.isEmpty { parts.append(traceTable) }
        parts.append(ownCost)
        return parts.joined(separator: "\n\n")
    }

    private var head: String {
        let endpoint =
            options.connection.usesHTTP ? options.connection.endpoint.httpURL + "/ping" : options.connection.url
        var lines = ["--- \(endpoint) \(options.scenario.rawValue), \(load) ---"]
        if let connects = value(of: .connects), counters.opened > 0 {
            lines.append(
                "\(counters.opened) \(sessionWord) opened in \(Decimals.latency(milliseconds: openingSeconds * 1000)) "
                    + "(\(BenchMetric.connects.text(connects))), each in p50 "
                    + "\(Decimals.latency(nanoseconds: openingTimes.quantile(0.5))), p99 "
                    + Decimals.latency(nanoseconds: openingTimes.quantile(0.99)))
        }
        guard options.scenario != .idle else {
            return (lines + ["held for \(Decimals.tenths(measuredSeconds)) s"]).joined(separator: "\n")
        }
        lines.append(
            "\(BenchMetric.rate.text(rate)) answered over \(Decimals.tenths(measuredSeconds)) s"
                + (wasInterrupted ? ", interrupted" : "")
                + "; in all \(counters.sent) sent, \(counters.answered) answered, "
                + "\(counters.errors) errors, \(counters.lost) lost, \(counters.duplicates) duplicates")
        let figures: [BenchMetric] = [.p50, .p90, .p99, .p999, .max]
        let texts = figures.compactMap { metric in value(of: metric).map { "\(metric.rawValue) \(metric.text($0))" } }
        if !texts.isEmpty { lines.append(texts.joined(separator: "  ")) }
        return lines.joined(separator: "\n")
    }

    private var sessionWord: String {
        let noun = options.connection.usesHTTP ? "connection" : "session"
        return counters.opened == 1 ? noun : noun + "s"
    }

    private var load: String {
        let noun = options.connection.usesHTTP ? "connections" : "sessions"
        let sessions = "\(options.sessions) \(noun)"
        if options.scenario == .idle { return sessions }
        if let rate = options.rate { return "\(sessions), \(Decimals.short(rate))/s in the open loop" }
        return "\(sessions), each \(options.inFlight) in flight"
    }

    private var sectionTable: String {
        let rows = sections.map { section in
            [
                section.name,
                section.seconds > 0
                    ? "\(Decimals.significant(Double(section.latency.count) / section.seconds))/s"
                    : "\(section.latency.count) answers",
                "p50 " + Decimals.latency(nanoseconds: section.latency.quantile(0.5)),
                "p99 " + Decimals.latency(nanoseconds: section.latency.quantile(0.99)),
                "max " + Decimals.latency(nanoseconds: section.latency.max),
                "\(section.errors) errors", "\(section.sessions) sessions",
            ]
        }
        return TextTable.text(rows)
    }

    private func text(of recovery: Recovery) -> String {
        let back = recovery.times.count
        var text = "\(recovery.cut) connections cut at once: \(counters.resumed) resumed"
        if counters.renewed > 0 { text += ", \(counters.renewed) sessions were gone" }
        if counters.incomplete > 0 { text += ", \(counters.incomplete) with events missing" }
        if back < recovery.cut {
            text += ", \(UInt64(recovery.cut) - min(back, UInt64(recovery.cut))) did not come back"
        }
        if back > 0 {
            text += "\nback after p50 \(Decimals.latency(nanoseconds: recovery.times.quantile(0.5))), p99 "
            text += "\(Decimals.latency(nanoseconds: recovery.times.quantile(0.99))), all after "
            text += Decimals.latency(nanoseconds: recovery.times.max)
        }
        return text + "\n\(counters.replayed) answers replayed, \(counters.resent) requests sent again, "
            + "\(counters.lost) lost"
    }

    private var errorTable: String {
        "errors by kind\n" + TextTable.text(tally.sorted.map { ["\($0.count)", $0.kind] })
    }

    private var processTable: String {
        let rows = processes.map { process -> [String] in
            var row = ["process \(process.pid)"]
            if let seconds = process.cpuSeconds, usageSeconds > 0 {
                row.append("\(Decimals.significant(seconds / usageSeconds * 100))% of a core")
                let answers = counters.answeredInWindow
                if answers > 0 { row.append("\(Decimals.significant(seconds * 1e6 / Double(answers))) µs a ping") }
            }
            guard let after = process.after else { return row + ["gone"] }
            row.append("\(after.anonymousKiB) KiB of its own")
            if let before = process.before, counters.opened > 0 {
                let grown = Double(after.anonymousKiB - before.anonymousKiB) * 1024 / Double(counters.opened)
                row.append(
                    "\(Decimals.significant(grown)) bytes more for each \(options.connection.usesHTTP ? "connection" : "session")"
                )
            }
            return row
        }
        return TextTable.text(rows)
    }

    private var traceTable: String {
        "slowest traces, for `switchboard trace`\n"
            + TextTable.text(slowest.map { [Decimals.latency(nanoseconds: $0.nanoseconds), $0.trace.traceIDText] })
    }

    private var ownCost: String {
        let share = usageSeconds > 0 ? ownCPUSeconds / usageSeconds * 100 : 0
        var text = "this client: \(Decimals.significant(share))% of a core"
        if let perEvent = ownMicrosecondsPerEvent { text += ", \(Decimals.significant(perEvent)) µs a ping" }
        text += ", its loop busy \(Decimals.significant(busyShare * 100))%"
        if let bottleneck { text += "\nwarning: \(bottleneck)" }
        return text
    }
}
