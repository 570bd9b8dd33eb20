import Core
import HTTP1
import HTTPServer
import Reactor
import TestSupport
import Testing

@Suite struct HTTPServerTests {
    private static let host = "Host: t\r\n\r\n"

    @Test func routes() throws {
        let world = try HTTPWorld()
        let found = try #require(try world.ask("GET /hello HTTP/1.1\r\n" + Self.host))
        #expect(found.status == 200 && found.body == "hello" && found.header("connection") == nil)
        let queried = try #require(try world.ask("GET /hello?a=b HTTP/1.1\r\n" + Self.host))
        #expect(queried.status == 200)
        let missing = try #require(try world.ask("GET /hello/ HTTP/1.1\r\n" + Self.host))
        #expect(missing.status == 404 && missing.body.contains("urn:switchboard:problem:not-found"))
        let wrong = try #require(try world.ask("DELETE /hello HTTP/1.1\r\n" + Self.host))
        #expect(wrong.status == 405 && wrong.header("allow") == "GET, PUT, HEAD")
        let post = try #require(try world.ask("GET /echo HTTP/1.1\r\n" + Self.host))
        #expect(post.status == 405 && post.header("allow") == "POST")
        let noHead = try #require(try world.ask("HEAD /echo HTTP/1.1\r\n" + Self.host, isHead: true))
        #expect(noHead.status == 405)
    }

    @Test func headIsAnsweredWithoutABody() throws {
        let world = try HTTPWorld()
        let socket = try world.client("HEAD /hello HTTP/1.1\r\n" + Self.host + "GET /hello HTTP/1.1\r\n" + Self.host)
        let head = try #require(world.response(socket, isHead: true))
        #expect(head.status == 200 && head.header("content-length") == "5")
        #expect(world.response(socket)?.body == "hello")
    }

    /// RFC 9110 §9.3.2: that holds for a refusal, too.
    @Test func aHeadWhoseOwnBodyIsMalformedIsRefusedWithoutABody() throws {
        let world = try HTTPWorld()
        let socket = try world.client("HEAD /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + Self.host + "x\r\n")
        let head = try #require(world.response(socket, isHead: true))
        #expect(head.status == 400 && head.header("connection") == "close")
        #expect(world.ends(socket) && socket.received.isEmpty)
    }

    @Test func answersWithoutABodySayNothingOfItsLength() throws {
        let world = try HTTPWorld()
        let response = try #require(try world.ask("PUT /hello HTTP/1.1\r\n" + Self.host))
        #expect(response.status == 204 && response.header("content-length") == nil)
    }

    /// RFC 9112 §9.3: a client of HTTP/1.0 that asked for it has to be told.
    @Test(
        arguments: [
            ("HTTP/1.1\r\n", nil, true), ("HTTP/1.1\r\nConnection: close\r\n", "close", false),
            ("HTTP/1.0\r\n", "close", false), ("HTTP/1.0\r\nConnection: keep-alive\r\n", "keep-alive", true),
        ] as [(String, String?, Bool)])
    func connectionsPersistAndSaySo(_ request: String, _ says: String?, _ persists: Bool) throws {
        let world = try HTTPWorld()
        let socket = try world.client("GET /hello " + request + Self.host)
        #expect(world.response(socket)?.header("connection") == says)
        if persists {
            socket.send("GET /hello " + request + Self.host)
            #expect(world.response(socket)?.status == 200)
        } else {
            #expect(world.ends(socket))
        }
    }

    @Test func pipelinedRequestsWaitForSlowAnswersInOrder() throws {
        let world = try HTTPWorld()
        func slow(_ text: String) -> String {
            "POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        }
        let socket = try world.client(slow("one") + "GET /hello HTTP/1.1\r\n" + Self.host + slow("two"))
        #expect(world.turning.run { world.waiting.count == 1 })
        world.turning.run(milliseconds: 20)
        #expect(world.waiting.count == 1 && socket.poll().isEmpty)
        let first = world.waiting[0]
        #expect(first.isOpen)
        first.respond(status: 200, body: Array("1".utf8))
        // A second answer does nothing.
        first.respond(status: 500)
        #expect(!first.isOpen)
        #expect(world.response(socket)?.body == "1")
        #expect(world.response(socket)?.body == "hello")
        #expect(world.turning.run { world.waiting.count == 2 })
        #expect(world.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["one", "two"])
        world.waiting[1].respond(status: 202)
        #expect(world.response(socket)?.status == 202 && world.aborted == 0)
        #expect(socket.received.isEmpty)
    }

    /// More than the loop's buffer, so that most of it stays with the kernel while the first answer is awaited.
    @Test func aLongPipelineIsAnsweredWhole() throws {
        let world = try HTTPWorld()
        let socket = try world.client("POST /slow HTTP/1.1\r\nContent-Length: 0\r\n" + Self.host)
        let body = String(repeating: "x", count: 4000)
        let count = 60
        for _ in 0..<count {
            socket.send("POST /echo HTTP/1.1\r\nContent-Length: 4000\r\n" + Self.host + body)
        }
        #expect(world.turning.run { world.waiting.count == 1 })
        world.turning.run(milliseconds: 30)
        #expect(world.requests.count == 1)
        world.waiting[0].respond(status: 202)
        #expect(world.response(socket)?.status == 202)
        for _ in 0..<count { #expect(world.response(socket)?.body.utf8.count == 4000) }
    }

    @Test func expectationsAreMetOrRefusedBeforeTheBody() throws {
        let world = try HTTPWorld()
        let head = " HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + Self.host
        let socket = try world.client("POST /echo" + head)
        #expect(world.response(socket)?.status == 100)
        socket.send("abc")
        #expect(world.response(socket)?.body == "abc")
        // What may not be sent is refused at once, and as the body may follow all the same, the connection ends.
        for (path, status) in [("/nothing", 404), ("/hello", 405)] {
            let refused = try world.client("POST \(path)" + head)
            let response = try #require(world.response(refused))
            #expect(response.status == status, "\(path)")
            refused.send("GET /hello HTTP/1.1\r\n" + Self.host)
            #expect(world.ends(refused))
        }
    }

    private static func timeouts(head: UInt64 = 60_000, body: UInt64 = 60_000, idle: UInt64 = 60_000) -> HTTPTimeouts {
        var timeouts = HTTPTimeouts()
        timeouts.headMilliseconds = head
        timeouts.bodyMilliseconds = body
        timeouts.idleMilliseconds = idle
        return timeouts
    }

    /// Bytes that trickle in do not extend the time for a head.
    @Test(arguments: ["", "GET /hel"])
    func aHeadThatDoesNotComeInTime(_ start: String) throws {
        let world = try HTTPWorld(timeouts: Self.timeouts(head: 60))
        let socket = try world.client(start)
        let began = SystemClock.monotonic()
        var last = began
        var response: RawResponse?
        world.turning.run {
            if !start.isEmpty, SystemClock.monotonic().milliseconds(since: last) > 20 {
                last = SystemClock.monotonic()
                socket.send("x")
            }
            response = RawResponse.poll(socket, isHead: false)
            return response != nil
        }
        #expect(response?.status == 408 && response?.header("connection") == "close")
        #expect(SystemClock.monotonic().milliseconds(since: began) >= 60)
        #expect(world.ends(socket))
    }

    @Test func aBodyThatDoesNotComeInTime() throws {
        let world = try HTTPWorld(timeouts: Self.timeouts(body: 60))
        let socket = try world.client("POST /echo HTTP/1.1\r\nContent-Length: 3\r\n" + Self.host + "ab")
        #expect(world.response(socket)?.status == 408)
        #expect(world.ends(socket) && world.requests.isEmpty)
    }

    @Test func silenceBetweenRequestsEndsTheConnectionWithoutAWord() throws {
        let world = try HTTPWorld(timeouts: Self.timeouts(idle: 60))
        let socket = try world.client("GET /hello HTTP/1.1\r\n" + Self.host)
        #expect(world.response(socket)?.status == 200)
        #expect(world.ends(socket))
        #expect(world.turning.run { world.server.isEmpty && world.budget.count == 0 || socket.hasEnded })
    }

    @Test func aRequestThatIsBeingAnsweredHasNoTimeout() throws {
        let world = try HTTPWorld(timeouts: Self.timeouts(head: 30, body: 30, idle: 30))
        let socket = try world.client("POST /slow HTTP/1.1\r\nContent-Length: 0\r\n" + Self.host)
        #expect(world.turning.run { world.waiting.count == 1 })
        world.turning.run(milliseconds: 120)
        world.waiting[0].respond(status: 200)
        #expect(world.response(socket)?.status == 200)
    }

    @Test func aClientThatGoesAwayAbortsItsRequest() throws {
        let world = try HTTPWorld()
        let socket = try world.client("POST /slow HTTP/1.1\r\nContent-Length: 0\r\n" + Self.host)
        #expect(world.turning.run { world.waiting.count == 1 })
        socket.resetOnClose()
        socket.close()
        #expect(world.turning.run { world.aborted == 1 })
        #expect(!world.waiting[0].isOpen && world.server.isEmpty)
        world.waiting[0].respond(status: 200)
        #expect(world.turning.run { world.budget.count == 0 })
    }

    @Test func aHalfClosedClientStillGetsItsAnswers() throws {
        let world = try HTTPWorld()
        let socket = try world.client(
            "POST /slow HTTP/1.1\r\nContent-Length: 0\r\n" + Self.host + "GET /hello HTTP/1.1\r\n" + Self.host)
        socket.endOutput()
        #expect(world.turning.run { world.waiting.count == 1 })
        world.turning.run(milliseconds: 20)
        #expect(world.aborted == 0)
        world.waiting[0].respond(status: 202)
        #expect(world.response(socket)?.status == 202)
        #expect(world.response(socket)?.body == "hello")
        #expect(world.ends(socket))
    }

    @Test func aHalfClosedClientGetsALongAnswerToItsEnd() throws {
        let long = [UInt8](repeating: 0x78, count: 8_000_000)
        let world = try HTTPWorld { router in router.add(.get, "/long") { $1.respond(status: 200, body: long) } }
        let socket = try RawSocket(port: world.port, receiveBytes: 4096)
        socket.send("GET /long HTTP/1.1\r\n" + Self.host)
        world.turning.run(milliseconds: 30)
        socket.endOutput()
        world.turning.run(milliseconds: 30)
        #expect(
            world.turning.run {
                _ = socket.poll()
                return socket.hasEnded
            })
        #expect(socket.received.count > long.count && socket.received.suffix(long.count) == long[...])
    }

    @Test func drainingEndsWhatIsIdleAndLetsTheRestFinish() throws {
        let world = try HTTPWorld()
        let idle = try world.client("GET /hello HTTP/1.1\r\n" + Self.host)
        #expect(world.response(idle)?.status == 200)
        let busy = try world.client("POST /slow HTTP/1.1\r\nContent-Length: 0\r\n" + Self.host)
        #expect(world.turning.run { world.waiting.count == 1 })
        world.server.drain()
        #expect(world.server.isDraining && !world.server.isEmpty)
        #expect(throws: RawSocket.Failure.self) { try RawSocket(port: world.port) }
        #expect(world.ends(idle))
        world.waiting[0].respond(status: 200)
        let last = try #require(world.response(busy))
        #expect(last.status == 200 && last.header("connection") == "close")
        idle.close()
        busy.close()
        #expect(world.turning.run { world.server.isEmpty && world.budget.count == 0 })
        world.server.drain()
    }

    @Test func connectionsOverTheBudgetAreTold() throws {
        let world = try HTTPWorld(connectionsMax: 2)
        let held = try (0..<2).map { _ in try world.client("GET /hello HTTP/1.1\r\n" + Self.host) }
        for socket in held { #expect(world.response(socket)?.status == 200) }
        let refused = try world.client("GET /hello HTTP/1.1\r\n" + Self.host)
        let response = try #require(world.response(refused))
        #expect(response.status == 503 && response.header("retry-after") == "1")
        #expect(response.body.contains("overloaded") && world.ends(refused))
        #expect(world.refused == 1 && world.budget.count == 2)
        // Beyond so many at once there is no answer, just an end.
        let storm = try (0..<80).map { _ in try world.client() }
        #expect(world.turning.run { world.refused == 81 })
        var told = 0
        for socket in storm {
            #expect(
                world.turning.run {
                    _ = socket.poll()
                    return socket.hasEnded
                })
            if socket.text.contains("503 ") { told += 1 }
        }
        #expect(told >= 60 && told <= 64, "\(told)")
        held[0].close()
        #expect(world.turning.run { world.budget.count == 1 })
        #expect(try world.ask("GET /hello HTTP/1.1\r\n" + Self.host)?.status == 200)
    }

    /// Who sends slowly goes when there is too much, not who comes last.
    @Test func bodiesAreBoundedTogether() throws {
        let world = try HTTPWorld(limits: HTTPLimits(bodiesBytesMax: 10_000))
        let head = "POST /echo HTTP/1.1\r\nContent-Length: 5000\r\n" + Self.host
        let (part, rest) = (String(repeating: "x", count: 4000), String(repeating: "x", count: 1000))
        func begin() throws -> RawSocket {
            let socket = try world.client(head + part)
            world.turning.run(milliseconds: 30)
            return socket
        }
        let (first, second, third) = (try begin(), try begin(), try begin())
        #expect(world.response(first)?.status == 503 && world.ends(first))
        #expect(world.bodiesBytes == 8000)
        second.send(rest)
        #expect(world.response(second)?.body.utf8.count == 5000)
        third.close()
        world.turning.run(milliseconds: 30)
        // Both have made room.
        #expect(world.bodiesBytes == 0)
        let fourth = try begin()
        second.send(head + part)
        world.turning.run(milliseconds: 30)
        // What comes at once is none that is waited for.
        #expect(try world.ask(head + part + rest)?.status == 200)
        fourth.send(rest)
        second.send(rest)
        #expect(world.response(fourth)?.status == 200 && world.response(second)?.status == 200)
        // The oldest is this one itself.
        let alone = try world.client("POST /echo HTTP/1.1\r\nContent-Length: 20000\r\n" + Self.host + part)
        world.turning.run(milliseconds: 30)
        alone.send(part + part)
        #expect(world.response(alone)?.status == 503)
        #expect(world.bodiesBytes == 0)
    }

    @Test func bodiesThatWereForgottenLongAgoTakeNoRoom() throws {
        let world = try HTTPWorld(limits: HTTPLimits(bodiesBytesMax: 10_000))
        let head = "POST /echo HTTP/1.1\r\nContent-Length: 5000\r\n" + Self.host
        let part = String(repeating: "x", count: 4000)
        let slow = try world.client(head + part)
        world.turning.run(milliseconds: 30)
        for _ in 0..<200 {
            let socket = try world.client(head + part)
            world.turning.run(milliseconds: 2)
            socket.close()
        }
        #expect(world.turning.run { world.bodiesBytes == 4000 })
        #expect(world.server.bodiesQueued < 100)
        slow.send(String(repeating: "x", count: 1000))
        #expect(world.response(slow)?.status == 200)
    }

    @Test func whoPipelinesLeavesTheOthersTheirTurn() throws {
        var order: [String] = []
        let world = try HTTPWorld { router in
            for path in ["/many", "/one"] {
                router.add(.get, path) { request, exchange in
                    order.append(request.head.path)
                    exchange.respond(status: 200)
                }
            }
        }
        let greedy = try world.client("")
        let other = try world.client("")
        world.turning.run(milliseconds: 20)
        greedy.send(String(repeating: "GET /many HTTP/1.1\r\n" + Self.host, count: 500))
        other.send("GET /one HTTP/1.1\r\n" + Self.host)
        #expect(world.turning.run { order.count == 501 })
        #expect(order.firstIndex(of: "/one").map { $0 < 100 } == true)
    }

    /// Requests behind answers that nobody reads are not looked at: their answers would pile up.
    @Test func whoPipelinesAndDoesNotReadIsWaitedFor() throws {
        var asked = 0
        let world = try HTTPWorld { router in
            router.add(.get, "/large") { _, exchange in
                asked += 1
                exchange.respond(status: 200, body: [UInt8](repeating: 0x78, count: 100_000))
            }
        }
        let request = "GET /large HTTP/1.1\r\n" + Self.host
        let socket = try world.client(String(repeating: request, count: 2000))
        world.turning.run(milliseconds: 200)
        let stuck = asked
        #expect(stuck < 200, "\(stuck)")
        #expect(
            world.turning.run {
                _ = socket.poll()
                _ = socket.take(socket.received.count)
                return asked == 2000
            })
    }

    /// After 101 the bytes behind the request belong to the next handler.
    @Test func aConnectionCanBeTakenOver() throws {
        let next = RecordingHandler()
        let world = try HTTPWorld { router in
            router.add(.get, "/up") { _, exchange in
                let channel = exchange.takeOver(handler: next)
                channel?.write { $0.append(contentsOf: Array("HTTP/1.1 101 Switching Protocols\r\n\r\n".utf8)) }
                #expect(channel != nil && exchange.takeOver(handler: next) == nil && !exchange.isOpen)
            }
        }
        let socket = try world.client("GET /up HTTP/1.1\r\n" + Self.host + "GET /hello HTTP/1.1\r\n")
        #expect(world.response(socket)?.status == 101)
        #expect(world.turning.run { next.text == "GET /hello HTTP/1.1\r\n" })
        #expect(world.server.isEmpty && world.budget.count == 1)
        socket.close()
        #expect(world.turning.run { next.isClosed && world.budget.count == 0 })
    }
}
