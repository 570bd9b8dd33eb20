import Core
import Glibc
import HTTPServer
import Reactor
import TestSupport
import Testing

@testable import HTTPClient

/// libcurl's multi interface on the loop that the server runs on, too.
@Suite struct HTTPTransportTests {
    private typealias Outcome = Result<ClientResponse, ClientError>

    /// The outcomes of requests, in the order of their coming.
    private final class Outcomes {
        var all: [(name: String, outcome: Outcome)] = []
        func completion(_ name: String) -> (Outcome) -> Void { { self.all.append((name, $0)) } }
        subscript(name: String) -> Outcome? { all.first { $0.name == name }?.outcome }
    }

    private let world: HTTPWorld
    private let transport: HTTPTransport
    private let outcomes = Outcomes()

    init() throws {
        world = try HTTPWorld { router in
            router.add(.get, "/big") { $1.respond(status: 200, body: [UInt8](repeating: 1, count: 100_000)) }
        }
        transport = HTTPTransport(loop: world.turning.loop)
    }

    private func send(_ name: String, _ request: ClientRequest) {
        transport.send(request, completion: outcomes.completion(name))
    }

    @Test func getsAndPosts() throws {
        send("get", ClientRequest(.get, url: world.url + "/hello"))
        // Completions are never called within `send`.
        #expect(outcomes.all.isEmpty && transport.inFlight == 1)
        let bodies: [[UInt8]] = [[], [0, 1, 0, 255], [UInt8](repeating: 7, count: 60_000)]
        for (index, body) in bodies.enumerated() {
            send("post \(index)", ClientRequest(.post, url: world.url + "/echo", headerLines: ["X-A: b"], body: body))
        }
        send("missing", ClientRequest(.get, url: world.url + "/nothing"))
        #expect(world.turning.run { outcomes.all.count == 5 })
        #expect(outcomes["get"] == .success(ClientResponse(status: 200, body: Array("hello".utf8))))
        for (index, body) in bodies.enumerated() {
            #expect(outcomes["post \(index)"] == .success(ClientResponse(status: 200, body: body)))
        }
        #expect(world.requests.count == 3)
        for request in world.requests {
            #expect(request.head.headers.first("x-a") == "b" && !request.head.headers.contains("expect"))
        }
        guard case .success(let missing) = outcomes["missing"] else {
            Issue.record("\(outcomes.all)")
            return
        }
        #expect(missing.status == 404 && transport.inFlight == 0)
    }

    /// A handle that posted before gets, and the other way round.
    @Test func oneConnectionServesRequestsOneAfterTheOther() throws {
        for number in 0..<6 {
            let isGet = number % 2 == 1
            let request = ClientRequest(
                isGet ? .get : .post, url: world.url + (isGet ? "/hello" : "/echo"), body: isGet ? [] : [1, 2])
            send("\(number)", request)
            #expect(world.turning.run { outcomes.all.count == number + 1 })
            let body: [UInt8] = isGet ? Array("hello".utf8) : [1, 2]
            #expect(outcomes["\(number)"] == .success(ClientResponse(status: 200, body: body)))
        }
        #expect(world.budget.count == 1)
    }

    @Test func aConnectionThatTheServerClosedIsReplaced() throws {
        var timeouts = HTTPTimeouts()
        timeouts.idleMilliseconds = 30
        let world = try HTTPWorld(timeouts: timeouts)
        let transport = HTTPTransport(loop: world.turning.loop)
        for name in ["first", "second"] {
            transport.send(ClientRequest(.get, url: world.url + "/hello"), completion: outcomes.completion(name))
            #expect(world.turning.run { outcomes[name] != nil })
            #expect(outcomes[name] == .success(ClientResponse(status: 200, body: Array("hello".utf8))))
            #expect(world.turning.run { world.server.isEmpty })
        }
    }

    @Test func timeouts() throws {
        send("slow", ClientRequest(.post, url: world.url + "/slow", body: [1], timeoutMilliseconds: 1000))
        send("fine", ClientRequest(.get, url: world.url + "/hello"))
        #expect(world.turning.run { outcomes.all.count == 2 })
        guard case .failure(.timedOut) = outcomes["slow"] else {
            Issue.record("\(outcomes.all)")
            return
        }
        #expect(outcomes.all.map(\.name) == ["fine", "slow"])
        #expect(transport.inFlight == 0)
    }

    @Test func whatCanNotBeConnectedTo() throws {
        let closed = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let port = closed.port
        close(closed.fd)
        for url in ["http://127.0.0.1:\(port)/", "ftp://127.0.0.1/", "http://", "file:///etc/passwd"] {
            send(url, ClientRequest(.get, url: url, timeoutMilliseconds: 5000))
            #expect(world.turning.run { outcomes[url] != nil })
            guard case .failure(.cannotConnect) = outcomes[url] else {
                Issue.record("\(url): \(outcomes.all)")
                continue
            }
        }
    }

    @Test func aServerThatClosesWithoutAnAnswer() throws {
        let handler = RecordingHandler()
        handler.onReceived = { $0.close() }
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let loop = world.turning.loop
        let listener = try Listener(loop: loop, socket: socket) { fd in
            _ = try? Channel.make(loop: loop, fd: fd, tls: nil, handler: handler)
        }
        send("a", ClientRequest(.post, url: "http://127.0.0.1:\(socket.port)/", body: [1]))
        #expect(world.turning.run { outcomes.all.count == 1 })
        guard case .failure(.noAnswer) = outcomes["a"] else {
            Issue.record("\(outcomes.all)")
            return
        }
        listener.close()
    }

    @Test func anAnswerHasABound() throws {
        var request = ClientRequest(.get, url: world.url + "/big", responseBytesMax: 99_999)
        send("over", request)
        request.responseBytesMax = 100_000
        send("exact", request)
        #expect(world.turning.run { outcomes.all.count == 2 })
        #expect(outcomes["over"] == .failure(.noAnswer("the answer is longer than 99999 bytes")))
        #expect(outcomes["exact"] == .success(ClientResponse(status: 200, body: [UInt8](repeating: 1, count: 100_000))))
        // The handle that gave up is used again.
        send("again", ClientRequest(.get, url: world.url + "/hello"))
        #expect(
            world.turning.run { outcomes["again"] == .success(ClientResponse(status: 200, body: Array("hello".utf8))) })
    }

    @Test func aCompletionMaySendAgain() throws {
        var left = 20
        func next() {
            transport.send(ClientRequest(.get, url: world.url + "/hello")) { _ in
                left -= 1
                if left > 0 { next() }
            }
        }
        next()
        #expect(world.turning.run { left == 0 })
    }

    @Test func manyAtOnce() throws {
        for number in 0..<200 {
            send("\(number)", ClientRequest(.post, url: world.url + "/echo", body: Array("\(number)".utf8)))
        }
        #expect(world.turning.run { outcomes.all.count == 200 })
        for number in 0..<200 {
            #expect(outcomes["\(number)"] == .success(ClientResponse(status: 200, body: Array("\(number)".utf8))))
        }
        #expect(Set(outcomes.all.map(\.name)).count == 200)
    }
}
