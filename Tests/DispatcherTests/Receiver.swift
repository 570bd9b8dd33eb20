import Core
import HTTP1
import HTTPServer
import JSON
import Reactor
import Telemetry
import TestSupport

/// A public-web instance as the dispatcher sees it: takes `POST /dispatch` on a thread of its own, and answers as the test
/// says.
final class Receiver: Sendable {
    struct Post: Sendable {
        let head: RequestHead
        let body: [UInt8]
        let events: [JSONValue]
        var ids: [String] { events.compactMap { $0["id"]?.string } }
    }

    enum Answer: Sendable {
        case status(Int, [UInt8])
        /// None until `release`.
        case held
        static let taken = Answer.status(200, Array("[]".utf8))
    }

    private enum Message: Sendable { case release, stop }

    let url: String
    private let all = Mutex<[Post]>([])
    private let mailboxes: [Mailbox<Message>]
    private let threads: [Thread]

    /// On the loop's thread.
    private final class Home {
        var held: [HTTPExchange] = []
        var isHolding = true
        var server: HTTPServer?
    }

    /// - Parameter answer: gets the number of the POST, from 0, and the POST.
    init(_ answer: @escaping @Sendable (Int, Post) -> Answer = { _, _ in .taken }) throws {
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        url = "http://127.0.0.1:\(socket.port)"
        let all = all
        (mailboxes, threads) = try LoopThreads.start(count: 1, name: "receiver") { _, loop throws(SystemError) in
            let home = Home()
            var router = HTTPRouter()
            router.add(.post, "/dispatch") { [unowned home] request, exchange in
                var events: [JSONValue] = []
                if case .array(let elements)? = try? JSONValue.parse(request.body) { events = elements }
                let post = Post(head: request.head, body: request.body, events: events)
                let number = all.withLock { all -> Int in
                    all.append(post)
                    return all.count - 1
                }
                switch answer(number, post) {
                case .status(let status, let body): exchange.respond(status: status, body: body)
                case .held where home.isHolding: home.held.append(exchange)
                case .held: exchange.respond(status: 200, body: Array("[]".utf8))
                }
            }
            let server = HTTPServer(
                loop: loop, name: "receiver", limits: HTTPLimits(bodyBytesMax: 8 << 20), router: router, tls: nil,
                budget: ConnectionBudget(connectionsMax: 1000), metrics: MetricsRegistry())
            try server.listen(on: socket)
            home.server = server
            let mailbox = loop.makeMailbox(messagesMax: 8) { (message: Message) in
                switch message {
                case .release:
                    home.isHolding = false
                    for exchange in home.held { exchange.respond(status: 200, body: Array("[]".utf8)) }
                    home.held = []
                case .stop:
                    server.drain()
                    loop.stop()
                }
            }
            return (mailbox, { _ in }, home)
        }
    }

    deinit { stop() }

    /// Answers what is held, and from now on at once.
    func release() { for mailbox in mailboxes { _ = mailbox.post(.release) } }

    func stop() {
        for mailbox in mailboxes { _ = mailbox.post(.stop) }
        for thread in threads { thread.join() }
    }

    var posts: [Post] { all.withLock { $0 } }
    /// Of all events, in the order of their coming.
    var ids: [String] { posts.flatMap(\.ids) }
}
