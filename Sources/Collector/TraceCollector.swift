import Core
import HTTP1
import HTTPServer
import Reactor
import Telemetry
import TraceStore

/// Receives traces and logs by OTLP/HTTP JSON, keeps the last of them in memory, and answers for them. On a loop and a thread
/// of its own.
public final class TraceCollector: Sendable {
    /// What the process tells the loop.
    enum Message: Sendable { case stop }

    public static let defaultPort: UInt16 = 4318
    /// A batch of an exporter has some hundred spans.
    public static let bodyBytesMax = 4 << 20
    private static let connectionsMax = 64

    public let url: String
    public let port: UInt16
    private let mailboxes: [Mailbox<Message>]
    private let threads: [Thread]

    /// Binds and starts. - Parameter port: 0 takes a free one.
    public init(
        host: String = "127.0.0.1", port: UInt16 = TraceCollector.defaultPort,
        limits: TraceStoreLimits = TraceStoreLimits(), registry: MetricsRegistry
    ) throws(SystemError) {
        let socket = try Listener.bind(host: host, port: port, reusePort: false)
        self.port = socket.port
        url = "http://\(host.contains(":") ? "[\(host)]" : host):\(socket.port)"
        let isLoopback = LoopbackAddress.contains(host)
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "collector") { _, loop throws(SystemError) in
            let home = CollectorHome(limits: limits, registry: registry)
            let server = HTTPServer(
                loop: loop, name: "collector", limits: HTTPLimits(bodyBytesMax: Self.bodyBytesMax),
                router: home.router(registry), tls: nil,
                budget: ConnectionBudget(connectionsMax: Self.connectionsMax), metrics: registry)
            server.refusing = { ForeignPages.problem($0, isLoopback: isLoopback) }
            try server.listen(on: socket)
            // The loop keeps the mailbox, and the server the loop.
            let mailbox = loop.makeMailbox(messagesMax: 8) { [unowned loop, weak server] (_: Message) in
                server?.drain()
                loop.stop()
            }
            return (mailbox, { _ in }, server)
        }
    }

    /// What was kept is gone.
    public func stop() {
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }
}
