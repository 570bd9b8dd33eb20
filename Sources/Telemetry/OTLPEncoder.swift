import Core
import JSON

/// Writes OTLP/JSON: protobuf's JSON mapping with ids in hexadecimal and enumerations as numbers
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
public struct OTLPEncoder {
    private static let scopeName = "switchboard"

    private let resource: [UInt8]
    private let scope: [UInt8]

    /// - Parameter version: the scope's.
    public init(resource: TelemetryResource, version: String) {
        var bytes: [UInt8] = []
        bytes.append("{\"attributes\":")
        Self.append(resource.attributes.map { (name: $0.0, value: $0.1) }, to: &bytes)
        bytes.append("}")
        self.resource = bytes
        bytes = []
        bytes.append(utf8: "{\"name\":\"\(Self.scopeName)\",\"version\":")
        JSONWriter.appendString(version, to: &bytes)
        bytes.append("}")
        scope = bytes
    }

    /// `ExportTraceServiceRequest`.
    public func encode(spans: some Collection<Span>) -> [UInt8] {
        request("resourceSpans", "scopeSpans", "spans") { Self.append(list: spans, to: &$0, Self.append(span:to:)) }
    }

    /// `ExportLogsServiceRequest`.
    public func encode(logs: some Collection<LogRecord>) -> [UInt8] {
        request("resourceLogs", "scopeLogs", "logRecords") {
            Self.append(list: logs, to: &$0, Self.append(record:to:))
        }
    }

    /// `ExportMetricsServiceRequest`. - Parameter start: when the counters were zero.
    public func encode(metrics: [MetricSnapshot], start: UInt64, now: UInt64) -> [UInt8] {
        request("resourceMetrics", "scopeMetrics", "metrics") {
            Self.append(list: metrics, to: &$0) { Self.append(metric: $0, start: start, now: now, to: &$1) }
        }
    }

    private func request(
        _ resources: StaticString, _ scopes: StaticString, _ items: StaticString, _ write: (inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"")
        bytes.append(resources)
        bytes.append("\":[{\"resource\":")
        bytes.append(contentsOf: resource)
        bytes.append(",\"")
        bytes.append(scopes)
        bytes.append("\":[{\"scope\":")
        bytes.append(contentsOf: scope)
        bytes.append(",\"")
        bytes.append(items)
        bytes.append("\":")
        write(&bytes)
        bytes.append("}]}]}")
        return bytes
    }
}

/// What the signals have in common.
extension OTLPEncoder {
    static func append<Element>(
        list: some Collection<Element>, to bytes: inout [UInt8], _ write: (Element, inout [UInt8]) -> Void
    ) {
        bytes.append(0x5B)
        var isFirst = true
        for element in list {
            if !isFirst { bytes.append(0x2C) }
            isFirst = false
            write(element, &bytes)
        }
        bytes.append(0x5D)
    }

    static func append(_ attributes: [(name: String, value: AttributeValue)], to bytes: inout [UInt8]) {
        append(list: attributes, to: &bytes) { attribute, bytes in
            bytes.append("{\"key\":")
            JSONWriter.appendString(attribute.name, to: &bytes)
            bytes.append(",\"value\":")
            append(attribute.value, to: &bytes)
            bytes.append(0x7D)
        }
    }

    static func append(_ attributes: [SpanAttribute], to bytes: inout [UInt8]) {
        append(attributes.map { (name: $0.key.description, value: $0.value) }, to: &bytes)
    }

    /// `AnyValue`.
    static func append(_ value: AttributeValue, to bytes: inout [UInt8]) {
        switch value {
        case .string(let text):
            bytes.append("{\"stringValue\":")
            JSONWriter.appendString(text, to: &bytes)
        case .integer(let number): bytes.append(utf8: "{\"intValue\":\"\(number)\"")
        case .double(let number):
            bytes.append("{\"doubleValue\":")
            append(number, to: &bytes)
        case .bool(let flag): bytes.append(utf8: "{\"boolValue\":\(flag)")
        }
        bytes.append(0x7D)
    }

    /// JSON has no infinities; protobuf's mapping writes them as text.
    static func append(_ number: Double, to bytes: inout [UInt8]) {
        if number.isNaN { return bytes.append("\"NaN\"") }
        if number.isInfinite { return bytes.append(utf8: number < 0 ? "\"-Infinity\"" : "\"Infinity\"") }
        bytes.append(utf8: "\(number)")
    }

    /// With the comma before it.
    static func append(time name: StaticString, _ wallNanoseconds: UInt64, to bytes: inout [UInt8]) {
        bytes.append(",\"")
        bytes.append(name)
        bytes.append("\":\"")
        bytes.append(decimal: wallNanoseconds)
        bytes.append(0x22)
    }

    /// Without a comma.
    static func append(ids context: TraceContext, to bytes: inout [UInt8]) {
        bytes.append("\"traceId\":\"")
        context.appendTraceID(to: &bytes)
        bytes.append("\",\"spanId\":\"")
        bytes.append(hex: context.spanID)
        bytes.append(0x22)
    }
}
