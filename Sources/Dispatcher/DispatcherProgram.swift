import Broker
import BrokerSettings
import Configuration
import Core
import Program
import Telemetry
import TierSecurity

/// The dispatcher as a program of its own.
public struct DispatcherProgram: RunningProgram {
    public static let service = "dispatcher"

    public static let settings =
        [
            Setting("host", .text, default: "127.0.0.1", "The listener's address, for public-web instances."),
            Setting("port", .integer(0...65_535), default: "8082", "The listener's port; 0 takes a free one."),
            Setting("routes", .text, "A JSON file with the routing table; PingRequest alone is routed without it."),
            Setting(
                "drain-seconds", .integer(0...3600), default: "5",
                "How long events under way are waited for at the end."),
            Setting("broker-wait", .duration, default: "5s", "How long an event waits for a broker that is away."),
            Setting(
                "prefetch", .integer(1...65_535), default: "2000", "Messages taken from the broker and not settled."),
        ] + TierSettings.settings + BrokerSettings.settings

    private let server: DispatcherServer

    public static func start(
        _ settings: Configuration, _ instrumentation: Instrumentation
    ) throws -> DispatcherProgram {
        let configuration = try configuration(settings)
        let (logger, registry) = (instrumentation.logger, instrumentation.registry)
        let broker = try BrokerSettings.makeBroker(
            settings, service: service, topology: StandardTopology.dispatcher(), logger: logger, registry: registry)
        return DispatcherProgram(
            server: try DispatcherServer.start(
                configuration, broker: broker, logger: logger, registry: registry, tracer: instrumentation.tracer))
    }

    private static func configuration(_ settings: Configuration) throws(SettingsProblem) -> DispatcherConfiguration {
        var result = DispatcherConfiguration()
        result.host = settings.text("host")
        result.port = UInt16(clamping: settings.integer("port"))
        result.internalSecret = try TierSettings.secret(settings)
        result.tierTLS = try TierSettings.tls(settings)
        result.drainMilliseconds = settings.integer("drain-seconds") * 1000
        result.limits.brokerWaitMilliseconds = UInt64(settings.integer("broker-wait"))
        result.limits.prefetch = settings.integer("prefetch")
        if let path = settings.optionalText("routes") { result.routes = try routes(path) }
        return result
    }

    /// For `--check-config`: throws what is wrong, also with the files, and returns what should be better.
    public static func check(_ settings: Configuration) throws -> [String] {
        let configuration = try configuration(settings)
        let security = try DispatcherServer.security(of: configuration)
        try BrokerSettings.check(settings)
        let certificate = security.tier.server.flatMap {
            CertificateWatch.warning($0, file: configuration.tierTLS.certificateFile ?? "")
        }
        return TierSettings.warnings(configuration.internalSecret) + (certificate.map { [$0] } ?? [])
    }

    public static func routes(_ path: String) throws(SettingsProblem) -> RoutingTable {
        switch FileReader.read(path) {
        case .failure(let error): throw SettingsProblem("the routes file \(path) can't be read: \(error)")
        case .success(let bytes):
            do throws(RoutingTableError) {
                return try RoutingTable(parsing: bytes)
            } catch {
                throw SettingsProblem("the routes file \(path) is wrong: \(error)")
            }
        }
    }

    public var announcement: String {
        "{\"program\":\"\(Self.service)\",\"pid\":\(ProcessID.current),\"internal\":\"\(server.internalURL)\"}"
    }

    public func stop() { server.stop() }

    public func reload(_ settings: Configuration) throws { try server.reload(try Self.configuration(settings)) }
}
