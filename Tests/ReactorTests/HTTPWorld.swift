import Core
import HTTP1
import HTTPServer
import Reactor
import Telemetry
import TestSupport

/// An HTTP server on a loop of the test's own thread.
final class HTTPWorld {
    let turning: TestLoop
    let server: HTTPServer
    let port: UInt16
    let budget: ConnectionBudget
    let metrics = MetricsRegistry()
    /// Requests of `/slow` that were neither answered nor abandoned.
    var waiting: [HTTPExchange] = []
    var aborted = 0
    var requests: [HTTPRequest] = []

    init(
        timeouts: HTTPTimeouts = HTTPTimeouts(), limits: HTTPLimits = HTTPLimits(), connectionsMax: Int = 1000,
        tls: TLSContext? = nil,
        _ configure: (inout HTTPRouter) -> Void = { _ in }
    ) throws {
        turning = try TestLoop()
        budget = ConnectionBudget(connectionsMax: connectionsMax)
        weak var world: HTTPWorld?
        var router = HTTPRouter()
        router.add(.get, "/hello") { _, exchange in exchange.respond(status: 200, body: Array("hello".utf8)) }
        router.add(.post, "/echo") { request, exchange in
            world?.requests.append(request)
            exchange.respond(status: 200, contentType: "text/plain", body: request.body)
        }
        router.add(.post, "/slow") { request, exchange in
            world?.requests.append(request)
            world?.waiting.append(exchange)
            exchange.onAbort { world?.aborted += 1 }
        }
        router.add(.put, "/hello") { _, exchange in exchange.respond(status: 204) }
        configure(&router)
        server = HTTPServer(
            loop: turning.loop, name: "test", limits: limits, timeouts: timeouts, router: router, tls: tls,
            budget: budget, metrics: metrics)
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        port = socket.port
        try server.listen(on: socket)
        world = self
    }

    /// Connections over the budget.
    var refused: Int {
        let name = "switchboard_connections_refused_total"
        return Int(
            metrics.counter(name, "", labels: [("listener", "test"), ("reason", "connections")]).value)
    }

    var bodiesBytes: Int64 {
        metrics.gauge("switchboard_http_bodies_bytes", "", labels: [("listener", "test")]).value
    }

    var url: String { "http://127.0.0.1:\(port)" }

    func client(_ text: String = "") throws -> RawSocket {
        let socket = try RawSocket(port: port)
        socket.send(text)
        return socket
    }

    /// The next response, while the loop runs.
    func response(_ socket: RawSocket, isHead: Bool = false) -> RawResponse? {
        var response: RawResponse?
        turning.run {
            response = RawResponse.poll(socket, isHead: isHead)
            return response != nil || socket.hasEnded
        }
        return response
    }

    func ask(_ text: String, isHead: Bool = false) throws -> RawResponse? {
        response(try client(text), isHead: isHead)
    }

    /// Whether the server ends the connection without another byte.
    func ends(_ socket: RawSocket) -> Bool {
        turning.run { socket.poll().isEmpty && socket.hasEnded }
    }
}

extension RawResponse {
    /// A whole response, if it is there.
    static func poll(_ socket: RawSocket, isHead: Bool) -> RawResponse? {
        let bytes = socket.poll()
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let length = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line -> Int? in
            line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
        }
        let head = text[..<end.upperBound].utf8.count
        guard isHead || bytes.count >= head + (length.first ?? 0) else { return nil }
        return read(socket, isHead: isHead, milliseconds: 1)
    }
}
