import Broker
import BrokerSettings
import Configuration
import Core
import Program
import Telemetry

/// A service as a program of its own: settings, RabbitMQ, health, signals. What is left to write is the handler.
public struct EventListenerProgram: RunningProgram {
    private let server: EventListenerServer

    /// Runs until SIGINT or SIGTERM; never returns.
    /// - Parameters:
    ///   - service: its name, and that of its queue unless `--queue` says otherwise.
    ///   - types: the event types it answers; routing keys or patterns on the exchange `switchboard.events`.
    ///   - port: of its health listener by default.
    ///   - handler: see `EventListener.Handler`.
    public static func run(
        service: String, summary: String, types: [String], port: Int = 8083, handler: @escaping EventListener.Handler
    ) -> Never {
        let settings =
            [
                Setting("host", .text, default: "127.0.0.1", "The address of /livez, /readyz and /metrics."),
                Setting("port", .integer(0...65_535), default: String(port), "Their port; 0 takes a free one."),
                Setting("queue", .text, default: service, "The queue, shared by all processes of the service."),
                Setting(
                    "prefetch", .integer(1...65_535), default: "2000", "Messages taken from the broker and not settled."
                ),
                Setting(
                    "delivery-limit", .integer(1...100), default: "\(StandardTopology.serviceDeliveryLimit)",
                    "An event that comes back more often is dead-lettered; fixed once the queue exists."),
                Setting(
                    "drain-seconds", .integer(0...3600), default: "5",
                    "How long events under way are waited for at the end."),
            ] + BrokerSettings.settings
        ProgramMain.run(
            ProgramMain.schema(program: service, summary: summary, settings: settings), service: service,
            check: check
        ) { settings, instrumentation in
            let (logger, registry) = (instrumentation.logger, instrumentation.registry)
            let queue = settings.text("queue")
            let topology = StandardTopology.service(
                queue: queue, bindings: types, deliveryLimit: settings.integer("delivery-limit"))
            let broker = try BrokerSettings.makeBroker(
                settings, service: service, topology: topology, logger: logger, registry: registry)
            let listener = EventListener(
                service: service, queue: queue, prefetch: settings.integer("prefetch"), broker: broker, logger: logger,
                registry: registry, tracer: instrumentation.tracer, deliveryLimit: settings.integer("delivery-limit"),
                handler: handler)
            return EventListenerProgram(
                server: try EventListenerServer.start(
                    listener, host: settings.text("host"), port: UInt16(clamping: settings.integer("port")),
                    drainMilliseconds: settings.integer("drain-seconds") * 1000, registry: registry))
        }
    }

    private static func check(_ settings: Configuration) throws -> [String] {
        try BrokerSettings.check(settings)
        return []
    }

    public var announcement: String {
        "{\"program\":\"\(server.service)\",\"pid\":\(ProcessID.current),\"internal\":\"\(server.internalURL)\"}"
    }

    public func stop() { server.stop() }
}
