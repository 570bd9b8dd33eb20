import Broker
import CloudEvents
import Core
import EventListener
import JSON
import PingListener
import Telemetry
import TestSupport
import Testing

@Suite struct EventListenerServerTests {
    private static func ask(_ server: EventListenerServer, _ path: String) throws -> RawResponse? {
        let socket = try RawSocket(port: RawSocket.port(of: server.internalURL))
        socket.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n")
        return RawResponse.read(socket)
    }

    private static func server(_ hub: InMemoryHub) throws -> EventListenerServer {
        let topology = StandardTopology.service(queue: "service", bindings: ["Request"])
        let registry = MetricsRegistry()
        let listener = EventListener(
            service: "service", queue: "service", prefetch: 10,
            broker: try InMemoryBroker(hub: hub, topology: topology),
            logger: Logger(service: "test", level: .error, format: .json), registry: registry
        ) { _ in [] }
        return try EventListenerServer.start(
            listener, host: "127.0.0.1", port: 0, drainMilliseconds: 100, registry: registry)
    }

    @Test func itSaysHowItIs() throws {
        let server = try Self.server(InMemoryHub())
        #expect(try Polling.until { try Self.ask(server, "/readyz")?.status == 200 })
        #expect(try Self.ask(server, "/livez")?.body == #"{"status":"ok"}"#)
        let metrics = try #require(try Self.ask(server, "/metrics"))
        #expect(metrics.header("content-type") == "text/plain; version=0.0.4")
        #expect(metrics.body.contains("switchboard_listener_events_total 0\n"))
        #expect(try Self.ask(server, "/other")?.status == 404)
        let page = try RawSocket(port: RawSocket.port(of: server.internalURL))
        page.send("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        #expect(RawResponse.read(page)?.status == 403)
        server.stop()
        #expect(throws: RawSocket.Failure.self) { try Self.ask(server, "/livez") }
    }

    /// The broker knows the queue with other arguments, so the listener never consumes it.
    @Test func withoutABrokerItLivesAndIsNotReady() throws {
        let hub = InMemoryHub()
        let other = try InMemoryBroker(hub: hub, topology: Topology(queues: [Queue(name: "service", kind: .classic)]))
        other.start()
        #expect(Polling.until { other.isConnected })
        let server = try Self.server(hub)
        let ready = try #require(try Self.ask(server, "/readyz"))
        #expect(ready.status == 503 && ready.body.contains("broker-unavailable"))
        #expect(try Self.ask(server, "/livez")?.status == 200)
        server.stop()
        other.stop(drainMilliseconds: 0)
    }

    @Test(arguments: [nil, "null", "[1,{}]"] as [String?])
    func pingsAreAnsweredWithTheTimeOfTheirArrival(_ data: String?) throws {
        let request = try Event(id: "p", source: "/t", type: "PingRequest", data: data.map { Array($0.utf8) })
        let answer = try PingListener.answer(to: request, receivedWallNanoseconds: 1_700_000_000_123_456_789)
        #expect(answer.type == "PingResponse" && answer.source == "/ping-listener" && answer.causationID == "p")
        let value = try JSONValue.parse(try #require(answer.data))
        #expect(value["receivedat"]?.string == "2023-11-14T22:13:20.123456Z")
        #expect(value["request"] == (try data.map { try JSONValue.parse(Array($0.utf8)) }))
    }
}
