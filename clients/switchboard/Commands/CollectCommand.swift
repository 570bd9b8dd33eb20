import Collector
import Configuration
import Core
import Program
import Telemetry
import TraceStore

/// `switchboard collect`: the receiver of traces and logs alone.
enum CollectCommand {
    private static let settings = [
        Setting("host", .text, default: "127.0.0.1", "The address to listen on. There is no authentication."),
        Setting(
            "port", .integer(0...65_535), default: "\(TraceCollector.defaultPort)",
            "The port for OTLP/HTTP JSON and for `switchboard trace`; 0 takes a free one."),
        Setting(
            "traces-max", .integer(1...10_000_000), default: "20000", "Traces that are kept; then the oldest goes."),
        Setting("megabytes-max", .integer(1...65_536), default: "64", "Memory for them, about, in MiB."),
    ]

    private struct Running: RunningProgram {
        let collector: TraceCollector

        var announcement: String {
            "{\"program\":\"switchboard collect\",\"pid\":\(ProcessID.current),\"telemetry\":\"\(collector.url)\"}"
        }

        func stop() { collector.stop() }
    }

    private static func withoutDestinations(_: Configuration, _ environment: [String: String]) -> [String: String] {
        environment.filter { !$0.key.hasPrefix("OTEL_EXPORTER_OTLP_") }
    }

    /// Never returns.
    static func run(_ arguments: [String]) -> Never {
        ProgramMain.run(
            ProgramMain.schema(
                program: "switchboard collect",
                summary:
                    "switchboard collect: keeps traces and logs of any OTLP/HTTP JSON sender for `switchboard trace`.",
                settings: settings),
            service: "switchboard-collect", arguments: arguments,
            // What is received here would be sent here.
            environment: withoutDestinations
        ) { settings, instrumentation in
            let host = settings.text("host")
            var limits = TraceStoreLimits()
            limits.tracesMax = settings.integer("traces-max")
            limits.traceBytesMax = settings.integer("megabytes-max") << 20
            limits.bytesPerTraceMax = max(1 << 20, limits.traceBytesMax / 4)
            let collector = try TraceCollector(
                host: host, port: UInt16(clamping: settings.integer("port")), limits: limits,
                registry: instrumentation.registry)
            if !LoopbackAddress.contains(host) {
                instrumentation.logger.warning(
                    "whoever reaches this address can read and write what is kept here", ["url": .string(collector.url)]
                )
            }
            return Running(collector: collector)
        }
    }
}
