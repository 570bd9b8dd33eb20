import Broker
import CloudEvents
import Core
import EventListener
import PingListener
import Telemetry
import TestSupport
import TierSecurity

@testable import Dispatcher
@testable import PublicWeb

/// All tiers in this process, over the in-memory broker, on free ports. They end when it is let go.
final class TestTiers {
    let web: PublicWebServer
    let registry = MetricsRegistry()
    private(set) var dispatcher: DispatcherServer?
    private(set) var listener: EventListenerServer?
    private var silentBroker: InMemoryBroker?
    /// What the tiers have recorded, if they trace.
    let spans: RecordedSpans

    enum Extent {
        case all
        /// A queue that nobody consumes.
        case silentListener
        case withoutListener
        case webOnly
    }

    /// - Parameters:
    ///   - configure: changes public-web's configuration before it starts.
    ///   - sampler: each tier's; nil: they don't trace.
    ///   - dispatcherTLS: the dispatcher's, if it is not as public-web's.
    ///   - propagates: contexts are joined and written.
    ///   - answer: the listener's.
    init(
        _ extent: Extent = .all, sampler: Sampler? = nil, propagates: Bool = true, dispatcherTLS: TierTLS? = nil,
        configure: (inout PublicWebConfiguration) -> Void = { _ in },
        answer: @escaping @Sendable (Event) throws -> Event = { try PingListener.answer(to: $0) }
    ) throws {
        let logger = Logger(service: "test", level: .error, format: .json)
        let hub = InMemoryHub()
        spans = RecordedSpans(sampler: sampler, propagates: propagates)
        var isListening = { true }
        var configuration = PublicWebConfiguration()
        configuration.port = 0
        configuration.internalPort = 0
        configuration.loops = 2
        configuration.drainMilliseconds = 50
        configuration.limits.closeAnswerMilliseconds = 0
        configuration.descriptorsMax = 4096
        configuration.dispatcherURL = "http://127.0.0.1:9"
        configure(&configuration)
        if extent == .all || extent == .silentListener {
            let broker = try InMemoryBroker(
                hub: hub, topology: StandardTopology.service(queue: "ping-listener", bindings: ["PingRequest"]))
            if extent == .all {
                let listener = EventListener(
                    service: "ping-listener", queue: "ping-listener", prefetch: 100, broker: broker, logger: logger,
                    registry: MetricsRegistry(), tracer: spans.tracer(of: "ping-listener")
                ) { [try answer($0)] }
                isListening = { listener.isConnected }
                self.listener = try EventListenerServer.start(
                    listener, host: "127.0.0.1", port: 0, drainMilliseconds: 1000, registry: MetricsRegistry())
            } else {
                broker.start()
                silentBroker = broker
                isListening = { broker.isConnected }
            }
            // Before its queue is there events find no listener.
            Polling.until { broker.isConnected }
        }
        if extent != .webOnly {
            var settings = DispatcherConfiguration()
            settings.port = 0
            settings.internalSecret = configuration.internalSecret
            settings.tierTLS = dispatcherTLS ?? configuration.tierTLS
            settings.drainMilliseconds = 1000
            let broker = try InMemoryBroker(hub: hub, topology: StandardTopology.dispatcher())
            let dispatcher = try DispatcherServer.start(
                settings, broker: broker, logger: logger, registry: MetricsRegistry(),
                tracer: spans.tracer(of: "dispatcher"))
            self.dispatcher = dispatcher
            configuration.dispatcherURL = dispatcher.internalURL
        }
        web = try PublicWebServer.start(
            configuration, logger: logger, registry: registry, tracer: spans.tracer(of: "public-web"))
        if extent != .webOnly { Polling.until { web.readinessProblem == nil && isListening() } }
    }

    private var isStopped = false

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        web.stop()
        listener?.stop()
        silentBroker?.stop(drainMilliseconds: 0)
        dispatcher?.stop()
    }

    deinit { stop() }

    var publicPort: UInt16 { RawSocket.port(of: web.publicURL) }
    var internalPort: UInt16 { RawSocket.port(of: web.internalURL) }

    /// Sends one request on a connection of its own. - Parameter head: without Host and Content-Length.
    func ask(_ head: String, body: String = "", port: UInt16? = nil) throws -> RawResponse {
        let socket = try RawSocket(port: port ?? publicPort)
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        socket.send(head + "Host: test\r\n" + length + "\r\n" + body)
        guard let response = RawResponse.read(socket, isHead: head.hasPrefix("HEAD")) else {
            throw RawSocket.Failure(description: "no answer to \(head)")
        }
        return response
    }

    func metric(_ line: String) throws -> Int {
        let response = try ask("GET /metrics HTTP/1.1\r\n", port: internalPort)
        let found = response.body.split(separator: "\n").first { $0.hasPrefix(line + " ") }
        return found.flatMap { Int($0.dropFirst(line.count + 1)) } ?? 0
    }
}
