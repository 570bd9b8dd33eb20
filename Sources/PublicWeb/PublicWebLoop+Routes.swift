import CloudEvents
import Core
import Crypto
import HTTP1
import HTTPServer
import JSON
import Sessions
import WebSocket

/// What public-web answers, on its two listeners.
extension PublicWebLoop {
    /// Of the 101, at most.
    private static let answerBytes = 176
    private static let subprotocol: StaticString = "cloudevents.json"

    func publicRouter() -> HTTPRouter {
        var router = HTTPRouter()
        addHealth(to: &router, isPublic: true)
        func add(
            _ method: HTTPMethod, _ path: String, _ handler: @escaping (HTTPRequest, HTTPExchange, Grant?) -> Void
        ) {
            router.add(method, path, isTraced: path != shared.echoPath) { [unowned self] request, exchange in
                admit(request, exchange) { grant in
                    if let grant, let problem = refusal(ofRequest: grant, exchange) { return exchange.respond(problem) }
                    handler(request, exchange, grant)
                }
            }
        }
        add(.get, "/ws") { [unowned self] in openSession($0, $1, $2) }
        add(.post, "/events") { [unowned self] in postEvents($0, $1, $2) }
        add(.get, "/events/{id}") { [unowned self] in getEvent($0, $1, $2) }
        add(.get, "/sessions/{correlationid}/events") { [unowned self] in openStream($0, $1, $2) }
        add(.post, "/ping") { [unowned self] in postPing($0, $1, $2) }
        if let path = shared.echoPath {
            add(.get, path) { [unowned self] request, exchange, _ in openEcho(request, exchange) }
        }
        return router
    }

    func internalRouter() -> HTTPRouter {
        var router = HTTPRouter()
        addHealth(to: &router, isPublic: false)
        router.add(.post, "/dispatch") { [unowned self] in dispatch($0, $1) }
        router.add(.get, "/sessions") { [unowned self] in listSessions($0, $1) }
        router.add(.get, "/sessions/{id}") { [unowned self] in showSession($0, $1) }
        router.add(.delete, "/sessions/{id}") { [unowned self] in endSession($0, $1) }
        router.add(.get, "/metrics") { [unowned self] in $1.respond(shared.metrics.registry, to: $0) }
        return router
    }

    /// - Parameter isPublic: why it is not ready is not told in detail.
    private func addHealth(to router: inout HTTPRouter, isPublic: Bool) {
        router.add(.get, "/livez") { _, exchange in
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        }
        router.add(.get, "/readyz") { [unowned self] _, exchange in
            if let problem = shared.readiness.problem {
                guard isPublic, problem.kind == .dispatcherUnavailable else { return exchange.respond(problem) }
                return exchange.respond(Problem(problem.kind, "Not ready.", retryAfterSeconds: 1))
            }
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ready\"}".utf8))
        }
    }

    // MARK: Connections

    private func openSession(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
        guard let upgrade = upgrade(request, exchange) else { return }
        guard let wish = wish(request, exchange, grant) else { return }
        let isStrict = upgrade.offers(Self.subprotocol)
        let answer = Self.answer(to: upgrade, subprotocol: isStrict ? Self.subprotocol : nil)
        connect(
            exchange,
            ConnectionRequest(
                kind: .webSocket(answer: answer, isStrict: isStrict), wish: wish, grant: grant, timing: exchange.timing)
        )
    }

    private func openStream(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
        guard let id = CorrelationID(request.parameter) else { return exchange.respond(Self.badCorrelationID) }
        guard var wish = wish(request, exchange, grant) else { return }
        wish.correlationID = id
        if let last = request.head.headers.first("last-event-id") {
            guard let sequence = SequenceText.parse(last) else {
                return exchange.respond(Problem(.malformedRequest, "`Last-Event-ID` is a sequence: decimal digits."))
            }
            wish.after = sequence
        }
        if request.head.method == .head { return exchange.respondToHead(contentType: "text/event-stream") }
        connect(
            exchange,
            ConnectionRequest(
                kind: .eventStream(origin: CrossOriginHeaders.origin(of: request.head, by: origins)), wish: wish,
                grant: grant, timing: exchange.timing))
    }

    /// What the query says of the session. Nil if it is malformed; then the client was told.
    private func wish(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) -> SessionWish? {
        guard isQueryReadable(request, exchange) else { return nil }
        var wish = SessionWish(principal: grant?.principal.name)
        if isDraining {
            exchange.respond(Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1))
            return nil
        }
        if let text = request.head.queryItem("correlationid") {
            guard let id = CorrelationID(text) else {
                exchange.respond(Self.badCorrelationID)
                return nil
            }
            wish.correlationID = id
        }
        if let text = request.head.queryItem("resume") {
            guard let token = Array(text.utf8).withUnsafeBytes({ SessionToken($0) }) else {
                exchange.respond(Problem(.malformedRequest, "`resume` is no resume token."))
                return nil
            }
            wish.token = token
        }
        if let text = request.head.queryItem("after") {
            guard let sequence = SequenceText.parse(text) else {
                exchange.respond(Problem(.malformedRequest, "`after` is a sequence: decimal digits."))
                return nil
            }
            wish.after = sequence
        }
        return wish
    }

    static var badCorrelationID: Problem {
        Problem(.malformedRequest, "`correlationid` is 1 to 128 letters, digits, or any of - . _ ~ :")
    }

    private func openEcho(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let upgrade = upgrade(request, exchange) else { return }
        let timing = exchange.timing
        let session = EchoSession(messageBytesMax: shared.limits.echoMessageBytesMax)
        guard let channel = exchange.takeOver(handler: session) else { return }
        countHandshake(timing, status: 101)
        channel.write { $0.append(contentsOf: Self.answer(to: upgrade, subprotocol: nil)) }
        channel.processAgain()
    }

    private func upgrade(_ request: HTTPRequest, _ exchange: HTTPExchange) -> UpgradeRequest? {
        do throws(HandshakeError) {
            return try UpgradeRequest.parse(request.head)
        } catch {
            let headers: [(name: StaticString, value: String)] =
                error.problemKind == .upgradeRequired
                ? [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")] : []
            exchange.respond(Problem(error.problemKind, error.detail), headers: headers)
            return nil
        }
    }

    private static func answer(to upgrade: UpgradeRequest, subprotocol: StaticString?) -> [UInt8] {
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: upgrade.key)))
        var answer: [UInt8] = []
        answer.reserveCapacity(Self.answerBytes)
        UpgradeRequest.appendAnswer(accept: accept, subprotocol: subprotocol, to: &answer)
        return answer
    }
}
