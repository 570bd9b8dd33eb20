import Core
import JSON
import TraceStore

/// What is accepted is JSON, can be written and read again the same, fits into a small store, and can be put in order.
enum OTLPFuzzing {
    static func check(_ input: [UInt8]) {
        guard let batch = try? OTLPDecoder.decode(input) else { return }
        precondition((try? JSONValue.parse(input)) != nil, "OTLP that is not JSON")
        let written = write(batch.spans, batch.logs)
        guard let again = try? OTLPDecoder.decode(written) else { preconditionFailure("not read: \(text(written))") }
        precondition(
            again.rejected == 0 && again.spans.count == batch.spans.count && again.logs.count == batch.logs.count)
        // By text: there are numbers that do not equal themselves.
        precondition(write(again.spans, again.logs) == written, "\(text(written)) became other records")
        precondition(again.spans.map(\.eventIDs) == batch.spans.map(\.eventIDs))

        let tree = TraceTree(spans: batch.spans, logs: batch.logs)
        let shown = tree.rows.count { $0.isSpan }
        precondition(shown == batch.spans.count, "\(shown) of \(batch.spans.count) spans")
        precondition(tree.rows.allSatisfy { row in row.parentRow.map { $0 < tree.rows.count } ?? (row.depth == 0) })
        store(batch)
    }

    private static func store(_ batch: OTLPBatch) {
        let limits = TraceStoreLimits(
            tracesMax: 3, traceBytesMax: 4096, recordsPerTraceMax: 4, bytesPerTraceMax: 2048, identifiersPerTraceMax: 2,
            looseLogsMax: 2, looseLogBytesMax: 2048)
        var store = TraceStore(limits: limits)
        let now = MonotonicInstant(nanoseconds: 1)
        for _ in 0..<2 { _ = store.add(batch, now: now) }
        precondition(store.traceCount <= 3 && store.traceByteCount <= 4096 && store.traceByteCount >= 0)
        precondition(store.looseLogCount <= 2 && store.looseLogByteCount <= 2048)
        for id in batch.spans.flatMap({ [$0.traceID.text] + $0.eventIDs + $0.correlationIDs }) {
            guard let answer = store.find(id, max: 2, now: now) else { continue }
            var bytes: [UInt8] = []
            answer.append(to: &bytes)
            precondition(TraceAnswer(parsing: bytes) != nil, "not read: \(text(bytes))")
        }
    }

    private static func write(_ spans: [RecordedSpan], _ logs: [RecordedLog]) -> [UInt8] {
        var bytes: [UInt8] = [0x7B]
        OTLPWriter.appendMembers(spans: spans, logs: logs, to: &bytes)
        bytes.append(0x7D)
        return bytes
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
