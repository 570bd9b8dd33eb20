import Telemetry

/// When a lane exports, and how often it tries.
struct ExportTiming {
    /// Between exports, unless a batch is full before.
    var intervalMilliseconds: Int
    /// For a batch, with all attempts.
    var exportTimeoutMilliseconds: Int
    /// Doubled with each attempt.
    var backoffMinMilliseconds = 1000
    var backoffMaxMilliseconds = 16_000
    /// Between two complaints.
    var complaintMilliseconds: UInt64 = 60_000

    init(_ signal: TelemetrySignal, _ settings: TelemetrySettings) {
        switch signal {
        case .traces:
            intervalMilliseconds = settings.spanBatches.delayMilliseconds
            exportTimeoutMilliseconds = settings.spanBatches.exportTimeoutMilliseconds
        case .logs:
            intervalMilliseconds = settings.logBatches.delayMilliseconds
            exportTimeoutMilliseconds = settings.logBatches.exportTimeoutMilliseconds
        case .metrics:
            intervalMilliseconds = settings.metricIntervalMilliseconds
            exportTimeoutMilliseconds = settings.metricTimeoutMilliseconds
        }
    }
}
