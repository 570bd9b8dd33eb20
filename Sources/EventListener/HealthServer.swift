import Broker
import Core
import HTTP1
import HTTPServer
import Reactor
import Telemetry

/// A service's own HTTP listener, on a thread of its own: `/livez`, `/readyz`, `/metrics`.
final class HealthServer: Sendable {
    /// What the process tells the loop.
    enum Message: Sendable { case stop }

    let url: String
    private let mailboxes: [Mailbox<Message>]
    private let threads: [Thread]

    init(
        host: String, port: UInt16, registry: MetricsRegistry, isConnected: @escaping @Sendable () -> Bool
    ) throws(SystemError) {
        let socket = try Listener.bind(host: host, port: port, reusePort: false)
        url = "http://\(host):\(socket.port)"
        let isLoopback = LoopbackAddress.contains(host)
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "health") { _, loop throws(SystemError) in
            let server = HTTPServer(
                loop: loop, name: "internal", limits: HTTPLimits(), router: Self.router(registry, isConnected),
                tls: nil,
                budget: ConnectionBudget(connectionsMax: 256), metrics: registry)
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

    func stop() {
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }

    private static func router(
        _ registry: MetricsRegistry, _ isConnected: @escaping @Sendable () -> Bool
    ) -> HTTPRouter {
        var router = HTTPRouter()
        router.add(.get, "/livez") { _, exchange in
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        }
        router.add(.get, "/readyz") { _, exchange in
            guard isConnected() else {
                return exchange.respond(Problem(.brokerUnavailable, "Not ready: the broker is not connected."))
            }
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ready\"}".utf8))
        }
        router.add(.get, "/metrics") { $1.respond(registry, to: $0) }
        return router
    }
}
