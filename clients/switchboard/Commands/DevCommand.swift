import Configuration
import Program
import PublicWeb

/// `switchboard dev`: all tiers in one process.
enum DevCommand {
    private static let settings =
        PublicWebProgram.settings.filter { $0.name != "dispatcher-url" && !$0.name.hasPrefix("internal-tls") } + [
            Setting("dispatcher-port", .integer(0...65_535), default: "8082", "The dispatcher's port."),
            Setting(
                "listener-port", .integer(0...65_535), default: "8083", "The port of ping-listener's health endpoints."),
            Setting(
                "ports", .choice(["default", "auto"]), default: "default", "auto takes free ports for all listeners."),
            DevTelemetry.setting,
            Setting("routes", .text, "A JSON file with the routing table; PingRequest alone is routed without it."),
            Setting("serve", .flag, "Says that no client is attached; the command never attaches one."),
        ]

    /// Never returns.
    static func run(_ arguments: [String]) -> Never {
        let telemetry = DevTelemetry()
        ProgramMain.run(
            ProgramMain.schema(
                program: "switchboard dev",
                summary: "switchboard dev: public-web, dispatcher and ping-listener in one process, without RabbitMQ.",
                settings: settings),
            service: "switchboard-dev", arguments: arguments, environment: telemetry.prepare
        ) { try DevServers.start($0, $1, telemetry) }
    }
}
