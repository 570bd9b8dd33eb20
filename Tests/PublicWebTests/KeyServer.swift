import Core
import HTTP1
import HTTPServer
import Reactor
import Telemetry

/// Where an identity provider publishes its keys: on a thread of its own, as the test says.
final class KeyServer: Sendable {
    struct State: Sendable {
        var status = 200
        var body: [UInt8]
        var requests = 0
    }

    let url: String
    private let state: Mutex<State>
    private let mailboxes: [Mailbox<Bool>]
    private let threads: [Thread]

    /// - Parameter tls: its certificate; in the clear without one.
    init(_ body: String, status: Int = 200, tls: TLSContext? = nil) throws {
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        url = "\(tls == nil ? "http" : "https")://127.0.0.1:\(socket.port)/keys"
        let state = Mutex(State(status: status, body: Array(body.utf8)))
        self.state = state
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "keys") { _, loop throws(SystemError) in
            var router = HTTPRouter()
            router.add(.get, "/keys") { _, exchange in
                let current = state.withLock { state -> State in
                    state.requests += 1
                    return state
                }
                exchange.respond(status: current.status, contentType: "application/jwk-set+json", body: current.body)
            }
            let server = HTTPServer(
                loop: loop, name: "keys", limits: HTTPLimits(bodyBytesMax: 1024), router: router, tls: tls,
                budget: ConnectionBudget(connectionsMax: 100), metrics: MetricsRegistry())
            try server.listen(on: socket)
            let mailbox = loop.makeMailbox(messagesMax: 1) { (_: Bool) in
                server.drain()
                loop.stop()
            }
            return (mailbox, { _ in }, server)
        }
    }

    func publish(_ body: String, status: Int = 200) {
        state.withLock {
            $0.body = Array(body.utf8)
            $0.status = status
        }
    }

    var requests: Int { state.withLock { $0.requests } }

    deinit {
        for mailbox in mailboxes { _ = mailbox.post(true) }
        for thread in threads { thread.join() }
    }
}
