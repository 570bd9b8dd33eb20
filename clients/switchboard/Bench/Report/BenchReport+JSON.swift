import JSON

extension BenchReport {
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("event", .string("bench")), ("url", .string(options.connection.url)),
            ("scenario", .string(options.scenario.rawValue)), ("http", .bool(options.connection.usesHTTP)),
            ("sessions", Self.number(Double(options.sessions))),
            ("loop", .string(options.rate == nil ? "closed" : "open")),
            ("inflight", Self.number(Double(options.inFlight))), ("size", Self.number(Double(options.size))),
            ("seconds", Self.number(measuredSeconds)),
        ]
        if let rate = options.rate { members.append(("wantedrate", Self.number(rate))) }
        members.append(
            (
                "metrics",
                .object(
                    BenchMetric.allCases.compactMap { metric in
                        value(of: metric).map { (metric.rawValue, Self.number($0)) }
                    })
            ))
        members.append(("counts", countsJSON))
        members.append(
            (
                "errors",
                .array(
                    tally.sorted.map {
                        .object([("kind", .string($0.kind)), ("count", .number("\($0.count)"))])
                    })
            ))
        members.append(("client", clientJSON))
        members.append(
            (
                "histogram",
                .array(
                    HistogramDrawing(latency).rows.map {
                        .object([
                            ("milliseconds", Self.number(Double($0.nanoseconds) / 1e6)),
                            ("count", .number("\($0.count)")),
                        ])
                    })
            ))
        if sections.count > 1 { members.append(("sections", .array(sections.map(Self.json)))) }
        if let recovery { members.append(("recovery", json(of: recovery))) }
        if !processes.isEmpty { members.append(("processes", .array(processes.map(json)))) }
        if !slowest.isEmpty { members.append(("slowest", .array(slowest.map(Self.json)))) }
        if !brokenThresholds.isEmpty { members.append(("broken", .array(brokenThresholds.map { .string($0) }))) }
        return .object(members)
    }

    /// With a thousandth of what it counts, which is more than is known.
    static func number(_ value: Double) -> JSONValue {
        let rounded = (value * 1000).rounded() / 1000
        return .number(rounded.isFinite ? Decimals.short(rounded) : "0")
    }

    private var countsJSON: JSONValue {
        let counts: [(String, UInt64)] = [
            ("sent", counters.sent), ("answered", counters.answered), ("errors", counters.errors),
            ("lost", counters.lost), ("unsent", counters.unsent), ("duplicates", counters.duplicates),
            ("unknown", counters.unknown), ("opened", counters.opened), ("failed", counters.failed),
            ("missing", counters.missing), ("disconnects", counters.disconnects), ("resumed", counters.resumed),
            ("renewed", counters.renewed),
            ("replayed", counters.replayed), ("resent", counters.resent),
        ]
        return .object(counts.map { ($0.0, .number("\($0.1)")) })
    }

    private var clientJSON: JSONValue {
        var members: [(String, JSONValue)] = [
            ("cpuseconds", Self.number(ownCPUSeconds)), ("busypercent", Self.number(busyShare * 100)),
            ("late", .number("\(lateEvents)")), ("latestmilliseconds", Self.number(Double(latestNanoseconds) / 1e6)),
        ]
        if let perEvent = ownMicrosecondsPerEvent { members.append(("microsecondsperping", Self.number(perEvent))) }
        if let bottleneck { members.append(("warning", .string(bottleneck))) }
        return .object(members)
    }

    private static func json(_ section: LoadSection) -> JSONValue {
        .object([
            ("name", .string(section.name)), ("answered", .number("\(section.latency.count)")),
            ("errors", .number("\(section.errors)")), ("sessions", .number("\(section.sessions)")),
            ("p50", number(Double(section.latency.quantile(0.5)) / 1e6)),
            ("p99", number(Double(section.latency.quantile(0.99)) / 1e6)),
            ("max", number(Double(section.latency.max) / 1e6)),
        ])
    }

    private func json(of recovery: Recovery) -> JSONValue {
        .object([
            ("cut", .number("\(recovery.cut)")), ("back", .number("\(recovery.times.count)")),
            ("p50", Self.number(Double(recovery.times.quantile(0.5)) / 1e6)),
            ("p99", Self.number(Double(recovery.times.quantile(0.99)) / 1e6)),
            ("max", Self.number(Double(recovery.times.max) / 1e6)),
        ])
    }

    private func json(_ process: Process) -> JSONValue {
        var members: [(String, JSONValue)] = [("pid", .number("\(process.pid)"))]
        if let seconds = process.cpuSeconds { members.append(("cpuseconds", Self.number(seconds))) }
        if let before = process.before { members.append(("anonymouskibbefore", .number("\(before.anonymousKiB)"))) }
        if let after = process.after { members.append(("anonymouskib", .number("\(after.anonymousKiB)"))) }
        return .object(members)
    }

    private static func json(_ entry: SlowestRequests.Entry) -> JSONValue {
        .object([
            ("milliseconds", number(Double(entry.nanoseconds) / 1e6)), ("traceid", .string(entry.trace.traceIDText)),
        ])
    }
}
