import Core
import Telemetry

@testable import TelemetryExport

/// A process that exports, with what a test wants of the environment.
struct Exporting {
    let process: ProcessInstrumentation
    let parts: Instrumentation
    let exporter: TelemetryExporter

    /// - Parameter environment: besides the endpoint. Nothing is exported for its delay alone unless this says so.
    init(
        to url: String, _ environment: [String: String] = [:],
        adjust: @escaping @Sendable (inout ExportTiming) -> Void = { _ in }
    ) throws {
        let base = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "3600000",
            "OTEL_BLRP_SCHEDULE_DELAY": "3600000", "OTEL_METRIC_EXPORT_INTERVAL": "3600000",
        ]
        process = ProcessInstrumentation(
            settings: try TelemetrySettings(environment: base.merging(environment) { $1 }), version: "1", host: "h",
            processID: 1, logLevel: .error, logFormat: .json)
        parts = process.make(service: "tier")
        exporter = try TelemetryExporter(process) {
            $0.backoffMinMilliseconds = 4
            $0.backoffMaxMilliseconds = 16
            adjust(&$0)
        }
    }

    func record(_ names: [String]) {
        for name in names {
            let context = RandomSource.withShared { parts.tracer.begin(random: &$0) }
            parts.tracer.record(
                Span(name, kind: .internal, context: context, startNanoseconds: 1, endNanoseconds: 2))
        }
    }

    func record(count: Int) { record((0..<count).map { "span \($0)" }) }

    var spans: TelemetryQueue<Span>? { parts.tracer.spans }

    func stop(flushMilliseconds: Int = 10_000) { exporter.stop(flushMilliseconds: flushMilliseconds) }
}
