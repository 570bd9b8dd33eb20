import Core

/// Spans and logs in memory, bounded, found by trace id, event id or correlation id.
///
/// When it is full, the trace goes of which a record came first, and counts; what comes of it later is a new trace. A trace
/// that is full refuses what else comes. Not synchronised: it belongs to one thread.
public struct TraceStore: Sendable {
    private static let prefixDigitsMin = 8

    public let limits: TraceStoreLimits
    public private(set) var counters = TraceStoreCounters()
    /// By serial number, in the order in which their first records came. Only the oldest is ever removed, so that the
    /// numbers have no gaps.
    private var traces: [UInt64: StoredTrace] = [:]
    private var serials: [TraceID: UInt64] = [:]
    private var events = IdentifierIndex()
    private var correlations = IdentifierIndex()
    private var oldest: UInt64 = 0
    private var next: UInt64 = 0
    private var loose = LooseLogs()
    public private(set) var traceByteCount = 0

    public init(limits: TraceStoreLimits = TraceStoreLimits()) { self.limits = limits }

    public var traceCount: Int { traces.count }
    public var looseLogCount: Int { loose.count }
    public var looseLogByteCount: Int { loose.byteCount }

    // MARK: Taking

    /// - Returns: how many records were refused, because their traces are full.
    public mutating func add(_ batch: OTLPBatch, now: MonotonicInstant) -> UInt64 {
        let before = counters.refused
        counters.metrics += batch.metricCount
        for span in batch.spans { add(span, now) }
        for log in batch.logs {
            if let id = log.traceID { add(log, to: id, now) } else { add(loose: log) }
        }
        return counters.refused - before
    }

    private mutating func add(_ span: RecordedSpan, _ now: MonotonicInstant) {
        let serial = serial(of: span.traceID, now)
        guard traces[serial]?.spanIDs.contains(span.spanID) == false else {
            counters.duplicates += 1
            return
        }
        guard takes(span.byteCount, serial) else {
            counters.refused += 1
            return
        }
        counters.spans += 1
        traces[serial]?.spans.append(span)
        traces[serial]?.spanIDs.insert(span.spanID)
        grow(serial, span.byteCount, span.eventIDs, span.correlationIDs, now)
    }

    private mutating func add(_ log: RecordedLog, to id: TraceID, _ now: MonotonicInstant) {
        let serial = serial(of: id, now)
        guard takes(log.byteCount, serial) else {
            counters.refused += 1
            return
        }
        counters.logs += 1
        traces[serial]?.logs.append(log)
        grow(serial, log.byteCount, log.eventIDs, log.correlationIDs, now)
    }

    private mutating func add(loose log: RecordedLog) {
        counters.logs += 1
        loose.add(log, identifiersMax: limits.identifiersPerTraceMax)
        while loose.count > limits.looseLogsMax || loose.byteCount > limits.looseLogBytesMax {
            loose.removeOldest()
            counters.evictedLogs += 1
        }
    }

    private mutating func serial(of id: TraceID, _ now: MonotonicInstant) -> UInt64 {
        if let serial = serials[id] { return serial }
        let trace = StoredTrace(id: id, now: now)
        traces[next] = trace
        serials[id] = next
        traceByteCount += trace.byteCount
        next += 1
        while traces.count > limits.tracesMax { removeOldest() }
        return next - 1
    }

    private func takes(_ byteCount: Int, _ serial: UInt64) -> Bool {
        guard let trace = traces[serial] else { return false }
        return trace.recordCount < limits.recordsPerTraceMax && trace.byteCount + byteCount <= limits.bytesPerTraceMax
    }

    private mutating func grow(
        _ serial: UInt64, _ byteCount: Int, _ eventIDs: [String], _ correlationIDs: [String], _ now: MonotonicInstant
    ) {
        traces[serial]?.byteCount += byteCount
        traces[serial]?.changedAt = now
        traceByteCount += byteCount
        for id in eventIDs where isNew(id, traces[serial]?.eventIDs) {
            traces[serial]?.eventIDs.append(id)
            events.insert(serial, for: id)
        }
        for id in correlationIDs where isNew(id, traces[serial]?.correlationIDs) {
            traces[serial]?.correlationIDs.append(id)
            correlations.insert(serial, for: id)
        }
        while traceByteCount > limits.traceBytesMax, !traces.isEmpty { removeOldest() }
    }

    private func isNew(_ id: String, _ known: [String]?) -> Bool {
        guard let known else { return false }
        return known.count < limits.identifiersPerTraceMax && !known.contains(id)
    }

    private mutating func removeOldest() {
        guard let trace = traces.removeValue(forKey: oldest) else { return }
        serials[trace.id] = nil
        for id in trace.eventIDs { events.remove(oldest, for: id) }
        for id in trace.correlationIDs { correlations.remove(oldest, for: id) }
        traceByteCount -= trace.byteCount
        counters.evictedTraces += 1
        oldest += 1
    }

    // MARK: Asking

    /// The traces that began last, by their own clocks, the newest first; of those with spans.
    public func last(_ count: Int, now: MonotonicInstant) -> TraceListing {
        listing(count, now) {
            ($0.startNanoseconds, $0.durationNanoseconds) > ($1.startNanoseconds, $1.durationNanoseconds)
        }
    }

    /// Those that took longest, the slowest first.
    public func slowest(_ count: Int, now: MonotonicInstant) -> TraceListing {
        listing(count, now) {
            ($0.durationNanoseconds, $0.startNanoseconds) > ($1.durationNanoseconds, $1.startNanoseconds)
        }
    }

    private func listing(
        _ count: Int, _ now: MonotonicInstant, _ areInOrder: (TraceSummary, TraceSummary) -> Bool
    ) -> TraceListing {
        let all = traces.values.lazy.filter { !$0.spans.isEmpty }.map { TraceSummary($0, now: now) }.sorted(
            by: areInOrder)
        return TraceListing(total: all.count, traces: Array(all.prefix(max(0, count))))
    }

    /// Looks for a trace id, then for an event id, then for a correlation id, then for trace ids that begin so.
    /// - Parameter max: of traces that are listed, and of logs without a trace.
    public func find(_ id: String, max: Int, now: MonotonicInstant) -> TraceAnswer? {
        if let traceID = TraceID(id), let serial = serials[traceID] { return answer(.traceID, [serial], [], max, now) }
        let logs = loose.logs(of: id, max: max)
        let ofEvent = events[id]
        if !ofEvent.isEmpty { return answer(.eventID, ofEvent, logs, max, now) }
        let ofSession = correlations[id]
        if !ofSession.isEmpty { return answer(.correlationID, ofSession, logs, max, now) }
        let beginning = serials(beginningWith: id)
        if !beginning.isEmpty { return answer(.traceID, beginning, [], max, now) }
        guard let log = logs.first else { return nil }
        return answer(log.eventIDs.contains(id) ? .eventID : .correlationID, [], logs, max, now)
    }

    /// For those who don't want to type 32 digits.
    private func serials(beginningWith text: String) -> ArraySlice<UInt64> {
        guard (Self.prefixDigitsMin..<32).contains(text.utf8.count),
            text.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil })
        else { return [] }
        let digits = text.lowercased()
        return serials.filter { $0.key.text.hasPrefix(digits) }.map(\.value)[...]
    }

    private func answer(
        _ matched: TraceAnswer.Match, _ serials: ArraySlice<UInt64>, _ logs: [RecordedLog], _ max: Int,
        _ now: MonotonicInstant
    ) -> TraceAnswer {
        let found = serials.compactMap { traces[$0] }
        let all = found.map { TraceSummary($0, now: now) }.sorted {
            ($0.startNanoseconds, $0.durationNanoseconds) > ($1.startNanoseconds, $1.durationNanoseconds)
        }
        var result = TraceAnswer(
            matched: matched, listing: TraceListing(total: all.count, traces: Array(all.prefix(Swift.max(0, max)))))
        result.looseLogs = logs
        guard found.count == 1, let trace = found.first else { return result }
        result.spans = trace.spans
        result.logs = trace.logs
        result.eventIDs = trace.eventIDs
        result.correlationIDs = trace.correlationIDs
        // A log that names the event, but was written where its trace was not known.
        if matched == .traceID {
            for id in trace.eventIDs where result.looseLogs.count < max {
                for log in loose.logs(of: id, max: max) where !result.looseLogs.contains(log) {
                    result.looseLogs.append(log)
                }
            }
        }
        return result
    }
}
