import Broker
import BrokerSettings
import Configuration
import Core
import Dispatcher
import EventListener
import Glibc
import PingListener
import Program
import PublicWeb
import Telemetry

/// All tiers in one process, over the in-memory broker.
struct DevServers: RunningProgram {
    private static let prefetch = 2000

    private let web: PublicWebServer
    private let dispatcher: DispatcherServer
    private let listener: EventListenerServer
    private let telemetry: DevTelemetry

    /// The same parts as in the programs, wired by code instead of flags.
    static func start(
        _ settings: Configuration, _ instrumentation: Instrumentation, _ telemetry: DevTelemetry
    ) throws -> DevServers {
        let usesFreePorts = settings.text("ports") == "auto"
        func port(_ name: String) -> UInt16 { usesFreePorts ? 0 : UInt16(clamping: settings.integer(name)) }
        var web = try PublicWebProgram.configuration(settings)
        var dispatcher = DispatcherConfiguration()
        dispatcher.port = port("dispatcher-port")
        dispatcher.internalSecret = web.internalSecret
        dispatcher.drainMilliseconds = settings.integer("drain-seconds") * 1000
        if let path = settings.optionalText("routes") { dispatcher.routes = try DispatcherProgram.routes(path) }

        let hub = InMemoryHub()
        let listenerBroker = try InMemoryBroker(
            hub: hub,
            topology: StandardTopology.service(queue: PingListener.service, bindings: [PingListener.requestType]))
        // Each tier logs, counts and traces for itself, as if it were a process of its own.
        let webParts = instrumentation.sibling(service: PublicWebProgram.service)
        let dispatcherParts = instrumentation.sibling(service: DispatcherProgram.service)
        let listenerParts = instrumentation.sibling(service: PingListener.service)
        BrokerSettings.observe(listenerBroker, logger: listenerParts.logger, registry: listenerParts.registry)
        let listener = EventListener(
            service: PingListener.service, queue: PingListener.service, prefetch: prefetch, broker: listenerBroker,
            logger: listenerParts.logger, registry: listenerParts.registry, tracer: listenerParts.tracer
        ) { event in [try PingListener.answer(to: event)] }
        let listenerServer = try EventListenerServer.start(
            listener, host: "127.0.0.1", port: port("listener-port"), drainMilliseconds: dispatcher.drainMilliseconds,
            registry: listenerParts.registry)

        let dispatcherBroker = try InMemoryBroker(hub: hub, topology: StandardTopology.dispatcher())
        BrokerSettings.observe(dispatcherBroker, logger: dispatcherParts.logger, registry: dispatcherParts.registry)
        let dispatcherServer = try DispatcherServer.start(
            dispatcher, broker: dispatcherBroker, logger: dispatcherParts.logger, registry: dispatcherParts.registry,
            tracer: dispatcherParts.tracer)

        web.dispatcherURL = dispatcherServer.internalURL
        web.port = port("port")
        web.internalPort = port("internal-port")
        let webServer = try PublicWebServer.start(
            web, logger: webParts.logger, registry: webParts.registry, tracer: webParts.tracer)
        let servers = DevServers(
            web: webServer, dispatcher: dispatcherServer, listener: listenerServer, telemetry: telemetry)
        try servers.awaitReadiness {
            if let problem = webServer.readinessProblem { return problem.detail }
            return listenerBroker.isConnected && dispatcherBroker.isConnected ? nil : "The broker is not connected."
        }
        telemetry.tell(instrumentation.logger, publicWeb: webServer.publicURL)
        return servers
    }

    /// All in one process: it takes milliseconds, or something is wrong.
    private func awaitReadiness(_ obstacle: () -> String?) throws {
        let deadline = SystemClock.monotonic().advanced(byMilliseconds: 10_000)
        while let reason = obstacle() {
            guard SystemClock.monotonic() < deadline else {
                throw SettingsProblem("the tiers did not get ready in 10 s: \(reason)")
            }
            usleep(2000)
        }
    }

    var announcement: String {
        let pid = ProcessID.current
        let websocket = web.publicURL.replacing("http", with: "ws", maxReplacements: 1)
        return """
            {"websocket":"\(websocket)/ws","http":"\(web.publicURL)","internal":{"public-web":"\(web.internalURL)",\
            "dispatcher":"\(dispatcher.internalURL)","ping-listener":"\(listener.internalURL)"},"amqp":null,\
            "telemetry":\(telemetry.url.map { "\"\($0)\"" } ?? "null"),\
            "pids":{"public-web":\(pid),"dispatcher":\(pid),"ping-listener":\(pid),"rabbitmq":\(pid)}}
            """
    }

    /// From the front: what is under way finds its way out.
    func stop() {
        web.stop()
        listener.stop()
        dispatcher.stop()
    }

    func finish() { telemetry.stop() }
}
