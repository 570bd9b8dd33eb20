import JSON
import Telemetry

/// What a collector says of items it did not take, in an answer of status 200 (OTLP, "Partial Success").
struct PartialSuccess {
    let rejected: Int
    let reason: String

    /// Nil if all was taken. - Parameter count: how many were sent.
    init?(answer: [UInt8], signal: TelemetrySignal, of count: Int) {
        guard !answer.isEmpty, let partial = (try? JSONValue.parse(answer))?["partialSuccess"] else { return nil }
        let name =
            switch signal {
            case .traces: "rejectedSpans"
            case .logs: "rejectedLogRecords"
            case .metrics: "rejectedDataPoints"
            }
        // A 64-bit number is text in protobuf's mapping, but not everybody keeps to it.
        let number = partial[name]?.integer ?? partial[name]?.string.flatMap { Int($0) } ?? 0
        guard number > 0 else { return nil }
        rejected = min(number, count)
        reason = partial["errorMessage"]?.string ?? ""
    }
}
