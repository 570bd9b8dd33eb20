import Broker
import Core
import Telemetry
import TestBroker
import TestSupport
import Tiers

@testable import Dispatcher

/// A dispatcher over the in-memory broker, with what stands on the broker's other sides.
final class TestDispatcher {
    let hub = InMemoryHub()
    let server: DispatcherServer
    let broker: InMemoryBroker
    let deadLetters: Inbox
    private let registry = MetricsRegistry()
    private let authenticator: InternalAuthenticator
    private let publisher: InMemoryBroker
    private var others: [InMemoryBroker] = []
    private var isStopped = false

    /// - Parameters:
    ///   - limits: of publishing to the broker.
    ///   - faults: of what the dispatcher publishes, in order.
    ///   - isRefused: the broker refuses the dispatcher's topology, so that it never connects.
    init(
        secret: String? = nil, drainMilliseconds: Int = 5000, limits: PublishLimits = PublishLimits(),
        isRefused: Bool = false, faults: [FaultyBroker.Fault] = [],
        _ configure: (inout DispatcherConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = DispatcherConfiguration()
        configuration.port = 0
        configuration.internalSecret = secret.map { Array($0.utf8) }
        configuration.drainMilliseconds = drainMilliseconds
        configuration.limits.retryMilliseconds = 10
        configure(&configuration)
        authenticator = InternalAuthenticator(secret: configuration.internalSecret)
        let topology = StandardTopology.dispatcher()
        let other = Topology(queues: [Queue(name: StandardTopology.responsesQueue, kind: .classic)])
        publisher = try InMemoryBroker(hub: hub, topology: isRefused ? other : topology)
        publisher.start()
        Polling.until { [publisher] in publisher.isConnected }
        let letters = try InMemoryBroker(hub: hub, topology: isRefused ? other : topology)
        deadLetters = Inbox(acknowledging: letters)
        if !isRefused {
            letters.consume(queue: StandardTopology.deadLetterQueue, prefetch: 1000) { [deadLetters] in
                deadLetters.receive($0)
            }
        }
        letters.start()
        others.append(letters)
        broker = try InMemoryBroker(hub: hub, topology: topology, limits: limits)
        server = try DispatcherServer.start(
            configuration, broker: FaultyBroker(broker, faults: faults),
            logger: Logger(service: "test", level: .error, format: .json),
            registry: registry)
        if !isRefused { Polling.until { [broker] in broker.isConnected } }
    }

    deinit {
        stop()
        for broker in others + [publisher] { broker.stop(drainMilliseconds: 0) }
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        server.stop()
    }

    /// It was stopped on another thread.
    func markStopped() { isStopped = true }

    /// A service's queue for some types; what comes is acknowledged.
    func service(_ types: [String]) throws -> Inbox {
        let broker = try InMemoryBroker(hub: hub, topology: StandardTopology.service(queue: "service", bindings: types))
        let inbox = Inbox(acknowledging: broker)
        broker.consume(queue: "service", prefetch: 1000) { inbox.receive($0) }
        broker.start()
        others.append(broker)
        Polling.until { broker.isConnected }
        return inbox
    }

    // MARK: Events in

    var port: UInt16 { RawSocket.port(of: server.internalURL) }

    /// - Parameter headers: whole lines.
    func ask(_ line: String, headers: [String] = [], body: String = "") throws -> RawResponse {
        let socket = try RawSocket(port: port)
        let all = ["\(line) HTTP/1.1", "Host: test", "Content-Length: \(body.utf8.count)"] + headers
        socket.send(all.joined(separator: "\r\n") + "\r\n\r\n" + body)
        guard let response = RawResponse.read(socket) else {
            throw RawSocket.Failure(description: "no answer to \(line)")
        }
        return response
    }

    /// Posts events, signed if there is a secret.
    func post(_ body: String, type: String = "application/cloudevents+json") throws -> RawResponse {
        let signature = authenticator.headerLine(
            path: "/events", body: Array(body.utf8), wallNanoseconds: SystemClock.wallNanoseconds())
        return try ask("POST /events", headers: ["Content-Type: \(type)"] + (signature.map { [$0] } ?? []), body: body)
    }

    func postBatch(_ body: String) throws -> RawResponse {
        try post(body, type: "application/cloudevents-batch+json")
    }

    static func event(_ id: String, type: String = "PingRequest", _ more: String = "") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"\#(type)"\#(more)}"#
    }

    // MARK: Answers in

    func returnAddress(_ url: String, handle: UInt64 = 7) -> String {
        let address = ReturnAddress(instance: 5, handle: handle, url: url).encoded(by: authenticator)
        return String(decoding: address, as: UTF8.self)
    }

    func answer(_ id: String, to url: String, _ more: String = "") -> String {
        answer(id, at: returnAddress(url), more)
    }

    func answer(_ id: String, at address: String, _ more: String = "") -> String {
        Self.event(id, type: "PingResponse", #","returnaddress":"\#(address)"\#(more)"#)
    }

    /// In one message.
    @discardableResult
    func publish(_ answers: [String]) -> Bool {
        var bytes: [UInt8] = []
        var ends: [Int32] = []
        for answer in answers {
            if !bytes.isEmpty { bytes.append(0x2C) }
            bytes += Array(answer.utf8)
            ends.append(Int32(bytes.count))
        }
        let route = BrokerRoute(
            exchange: StandardTopology.responsesExchange, routingKey: StandardTopology.responsesRoutingKey)
        let group = PublishGroup(
            route: route, events: bytes, ends: ends,
            deadline: SystemClock.monotonic().advanced(byMilliseconds: 5000))
        return publisher.publish(group) { _ in }
    }

    // MARK: What became of it

    func metric(_ line: String) -> Int {
        let text = String(decoding: registry.prometheusText(), as: UTF8.self)
        let found = text.split(separator: "\n").first { $0.hasPrefix(line + " ") }
        return found.flatMap { Int($0.dropFirst(line.count + 1)) } ?? 0
    }

    /// Whether nothing of the responses queue is waiting or unsettled any more.
    var isSettled: Bool {
        hub.messageCount(inQueue: StandardTopology.responsesQueue) == 0 && broker.statistics.messagesUnsettled == 0
    }
}
