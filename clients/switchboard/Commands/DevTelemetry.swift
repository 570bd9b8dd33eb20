import Collector
import Configuration
import Core
import Glibc
import Program
import Telemetry

/// Where the tiers of `switchboard dev` send their traces and logs: to a receiver in the same process, unless their user
/// has said otherwise by OpenTelemetry's variables.
final class DevTelemetry {
    static let setting = Setting(
        "telemetry", .text, default: "\(host):\(TraceCollector.defaultPort)",
        "Where traces and logs are received for `switchboard trace`: HOST:PORT (port 0 takes a free one), or none.")

    private static let host = "127.0.0.1"
    /// What has just happened is to show at once.
    private static let delayMilliseconds = 200

    private var collector: TraceCollector?
    /// Where the tiers send to; nil if that is up to the environment.
    private(set) var url: String?
    private var isTaken = false

    /// Starts the receiver, and adds what tells the exporters of it. Throws `SettingsProblem` for an address that is none.
    func prepare(_ settings: Configuration, _ environment: [String: String]) throws -> [String: String] {
        let text = settings.text("telemetry")
        guard text != "none", !Self.isSetUp(environment) else { return environment }
        var (host, port) = try Self.address(text)
        if settings.text("ports") == "auto", text == Self.setting.defaultText { port = 0 }
        let registry = MetricsRegistry()
        do throws(SystemError) {
            let collector = try TraceCollector(host: host, port: port, registry: registry)
            self.collector = collector
            url = collector.url
        } catch {
            guard error.code == EADDRINUSE else { throw error }
            host = host.contains(":") ? "[\(host)]" : host
            url = "http://\(host):\(port)"
            isTaken = true
        }
        let additions = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": url ?? "", "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "\(Self.delayMilliseconds)",
            "OTEL_BLRP_SCHEDULE_DELAY": "\(Self.delayMilliseconds)",
        ]
        return environment.merging(additions) { given, added in given.isEmpty ? added : given }
    }

    private static func isSetUp(_ environment: [String: String]) -> Bool {
        environment.contains { name, value in
            !value.isEmpty && (name.hasPrefix("OTEL_EXPORTER_OTLP_") || name == "OTEL_SDK_DISABLED")
        }
    }

    private static func address(_ text: String) throws(SettingsProblem) -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw SettingsProblem("--telemetry wants HOST:PORT, as 127.0.0.1:4318, or none, not `\(text)`")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw SettingsProblem("--telemetry wants a host before the port in `\(text)`") }
        return (host, port)
    }

    /// One line that says how to look, or what is in the way. - Parameter publicWeb: its address.
    func tell(_ logger: Logger, publicWeb: String) {
        guard let url else { return }
        if isTaken {
            logger.warning(
                """
                something listens at the receiver's port already, and traces and logs are sent to it; if that is no receiver \
                of OTLP/HTTP JSON, choose another address with --telemetry 127.0.0.1:0, or none
                """, ["url": .string(url)])
        } else {
            var command = "switchboard trace --last"
            if url != TraceOptions.defaultReceiver { command += " --from \(url)" }
            if publicWeb != TraceOptions.defaultPublicWeb { command += " --events \(publicWeb)" }
            logger.info("to see an event's way, with its logs", ["command": .string(command)])
        }
    }

    func stop() { collector?.stop() }
}
