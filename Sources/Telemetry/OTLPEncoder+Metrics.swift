import Core
import JSON

extension OTLPEncoder {
    /// All temporality is cumulative, as Prometheus has it.
    static func append(metric: MetricSnapshot, start: UInt64, now: UInt64, to bytes: inout [UInt8]) {
        bytes.append("{\"name\":")
        JSONWriter.appendString(metric.name, to: &bytes)
        bytes.append(",\"description\":")
        JSONWriter.appendString(metric.help, to: &bytes)
        if !metric.unit.isEmpty {
            bytes.append(",\"unit\":")
            JSONWriter.appendString(metric.unit, to: &bytes)
        }
        switch metric.kind {
        case .counter: bytes.append(",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":")
        case .gauge: bytes.append(",\"gauge\":{\"dataPoints\":")
        case .histogram: bytes.append(",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":")
        }
        append(list: metric.series, to: &bytes) { series, bytes in
            bytes.append("{\"attributes\":")
            append(series.labels.map { (name: $0.0, value: .string($0.1)) }, to: &bytes)
            if metric.kind != .gauge { append(time: "startTimeUnixNano", start, to: &bytes) }
            append(time: "timeUnixNano", now, to: &bytes)
            append(series.value, to: &bytes)
            bytes.append(0x7D)
        }
        bytes.append("}}")
    }

    /// With the comma before it.
    private static func append(_ value: MetricSnapshot.Value, to bytes: inout [UInt8]) {
        switch value {
        case .integer(let number): bytes.append(utf8: ",\"asInt\":\"\(number)\"")
        case .double(let number):
            bytes.append(",\"asDouble\":")
            append(number, to: &bytes)
        case .histogram(let histogram):
            bytes.append(utf8: ",\"count\":\"\(histogram.count)\",\"sum\":")
            append(histogram.sum, to: &bytes)
            bytes.append(",\"bucketCounts\":")
            append(list: histogram.counts, to: &bytes) { $1.append(utf8: "\"\($0)\"") }
            bytes.append(",\"explicitBounds\":")
            append(list: histogram.bounds, to: &bytes) { append($0, to: &$1) }
            let exemplars = histogram.exemplars.compactMap { $0 }
            guard !exemplars.isEmpty else { return }
            bytes.append(",\"exemplars\":")
            append(list: exemplars, to: &bytes, append(exemplar:to:))
        }
    }

    private static func append(exemplar: Exemplar, to bytes: inout [UInt8]) {
        bytes.append(0x7B)
        append(ids: exemplar.context, to: &bytes)
        append(time: "timeUnixNano", exemplar.wallNanoseconds, to: &bytes)
        bytes.append(",\"asDouble\":")
        append(exemplar.value, to: &bytes)
        bytes.append(0x7D)
    }
}
