import Core
import HTTP1
import HTTPServer
import JSON
import Reactor
import Telemetry
import TestSupport

/// What takes OTLP/HTTP, on a thread of its own, and answers as the test says.
final class Collector: Sendable {
    struct Post: Sendable {
        let path: String
        let head: RequestHead
        let json: JSONValue
        let body: [UInt8]
        let at: MonotonicInstant

        /// The names of its spans, or the texts of its log records, or the names of its metrics.
        var items: [String] {
            let (resources, scopes, list, name) =
                switch path {
                case "/v1/traces": ("resourceSpans", "scopeSpans", "spans", "name")
                case "/v1/logs": ("resourceLogs", "scopeLogs", "logRecords", "body")
                default: ("resourceMetrics", "scopeMetrics", "metrics", "name")
                }
            let found = json[resources]?.elements.first?[scopes]?.elements.first?[list]?.elements ?? []
            return found.compactMap { $0[name]?.string ?? $0[name]?["stringValue"]?.string }
        }

        var service: String? {
            let resource = (json["resourceSpans"] ?? json["resourceLogs"] ?? json["resourceMetrics"])?.elements.first
            let attributes = resource?["resource"]?["attributes"]?.elements ?? []
            return attributes.first { $0["key"]?.string == "service.name" }?["value"]?["stringValue"]?.string
        }
    }

    enum Answer: Sendable {
        case status(Int, body: String = "{}", retryAfter: String? = nil)
        /// Never.
        case none
    }

    private enum Message: Sendable { case stop }

    private final class Home {
        var held: [HTTPExchange] = []
        var server: HTTPServer?
    }

    let url: String
    private let all = Mutex<[Post]>([])
    private let mailboxes: [Mailbox<Message>]
    private let threads: [Thread]

    /// - Parameter answer: gets the number of the POST, from 0, and the POST.
    init(_ answer: @escaping @Sendable (Int, Post) -> Answer = { _, _ in .status(200) }) throws {
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        url = "http://127.0.0.1:\(socket.port)"
        let all = all
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "collector") { _, loop throws(SystemError) in
            let home = Home()
            var router = HTTPRouter()
            for path in ["/v1/traces", "/v1/logs", "/v1/metrics"] {
                router.add(.post, path) { [unowned home] request, exchange in
                    let post = Post(
                        path: request.head.path, head: request.head,
                        json: (try? JSONValue.parse(request.body)) ?? .null, body: request.body,
                        at: SystemClock.monotonic())
                    let number = all.withLock { all -> Int in
                        all.append(post)
                        return all.count - 1
                    }
                    switch answer(number, post) {
                    case .status(let status, let body, let retryAfter):
                        var headers: [(name: StaticString, value: String)] = []
                        if let retryAfter { headers.append(("Retry-After", retryAfter)) }
                        exchange.respond(
                            status: status, contentType: "application/json",
                            headers: headers,
                            body: Array(body.utf8))
                    case .none: home.held.append(exchange)
                    }
                }
            }
            let server = HTTPServer(
                loop: loop, name: "collector", limits: HTTPLimits(bodyBytesMax: 8 << 20), router: router, tls: nil,
                budget: ConnectionBudget(connectionsMax: 100), metrics: MetricsRegistry())
            try server.listen(on: socket)
            home.server = server
            let mailbox = loop.makeMailbox(messagesMax: 8) { (_: Message) in
                server.drain()
                loop.stop()
            }
            return (mailbox, { _ in }, home)
        }
    }

    deinit {
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }

    func posts(_ signal: TelemetrySignal = .traces) -> [Post] {
        all.withLock { $0 }.filter { $0.path == "/v1/\(signal.rawValue)" }
    }
}

extension JSONValue {
    fileprivate var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
