import Core
import JSON

/// Some traces, and how many there are to choose from.
public struct TraceListing: Equatable, Sendable {
    public var total: Int
    public var traces: [TraceSummary]

    public init(total: Int, traces: [TraceSummary]) {
        self.total = total
        self.traces = traces
    }

    /// As a receiver answers.
    public var json: JSONValue { .object(members) }

    var members: [(String, JSONValue)] {
        [("total", .number("\(total)")), ("traces", .array(traces.map(Self.json)))]
    }

    private static func json(_ trace: TraceSummary) -> JSONValue {
        .object([
            ("traceid", .string(trace.traceID.text)),
            ("time", .string(RFC3339.text(wallNanoseconds: trace.startNanoseconds))),
            ("startnanoseconds", .string("\(trace.startNanoseconds)")),
            ("durationnanoseconds", .string("\(trace.durationNanoseconds)")), ("name", .string(trace.name)),
            ("service", .string(trace.service)), ("hasroot", .bool(trace.hasRoot)),
            ("spans", .number("\(trace.spanCount)")), ("logs", .number("\(trace.logCount)")),
            ("errors", .number("\(trace.errorCount)")), ("services", .array(trace.services.map { .string($0) })),
            ("quietmilliseconds", .number("\(trace.quietMilliseconds)")),
        ])
    }

    /// Nil if it is not what a receiver answers.
    public init?(_ json: JSONValue) {
        guard case .array(let elements)? = json["traces"], let total = json["total"]?.integer else { return nil }
        var traces: [TraceSummary] = []
        for element in elements {
            guard let trace = Self.summary(element) else { return nil }
            traces.append(trace)
        }
        self.init(total: total, traces: traces)
    }

    private static func summary(_ json: JSONValue) -> TraceSummary? {
        func integer(_ name: String) -> Int? { json[name]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
        guard let id = json["traceid"]?.string.flatMap({ TraceID($0) }),
            let start = json["startnanoseconds"]?.string.flatMap({ UInt64($0) }),
            let duration = json["durationnanoseconds"]?.string.flatMap({ UInt64($0) }), let name = json["name"]?.string,
            let service = json["service"]?.string, case .bool(let hasRoot)? = json["hasroot"],
            let spans = integer("spans"), let logs = integer("logs"), let errors = integer("errors"),
            case .array(let services)? = json["services"], let quiet = integer("quietmilliseconds")
        else { return nil }
        var result = TraceSummary(traceID: id)
        result.startNanoseconds = start
        result.durationNanoseconds = duration
        result.name = name
        result.service = service
        result.hasRoot = hasRoot
        result.spanCount = spans
        result.logCount = logs
        result.errorCount = errors
        result.services = services.compactMap(\.string)
        result.quietMilliseconds = UInt64(quiet)
        return result
    }
}
