import CloudEvents
import Core
import Crypto
import HTTP1
import HTTPServer
import JSON
import WebSocket

/// What public-web answers, on its two listeners.
extension PublicWebLoop {
    private static let subprotocol = "cloudevents.json"
    private static let correlationIDBytesMax = 128

    func publicRouter() -> HTTPRouter {
        var router = HTTPRouter()
        addHealth(to: &router)
        router.add(.get, "/ws") { [unowned self] in openSession($0, $1) }
        router.add(.post, "/events") { [unowned self] in postEvents($0, $1) }
        router.add(.post, "/ping") { [unowned self] in postPing($0, $1) }
        if let path = shared.echoPath { router.add(.get, path) { [unowned self] in openEcho($0, $1) } }
        return router
    }

    func internalRouter() -> HTTPRouter {
        var router = HTTPRouter()
        addHealth(to: &router)
        router.add(.post, "/dispatch") { [unowned self] in dispatch($0, $1) }
        router.add(.get, "/metrics") { [unowned self] _, exchange in
            exchange.respond(
                status: 200, contentType: "text/plain; version=0.0.4", body: shared.metrics.registry.prometheusText())
        }
        return router
    }

    private func addHealth(to router: inout HTTPRouter) {
        router.add(.get, "/livez") { _, exchange in
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        }
        router.add(.get, "/readyz") { [unowned self] _, exchange in
            if let problem = shared.readiness.problem { return exchange.respond(problem) }
            exchange.respond(status: 200, contentType: "application/json", body: Array("{\"status\":\"ready\"}".utf8))
        }
    }

    // MARK: WebSocket

    private func openSession(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        if isDraining {
            return exchange.respond(Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1))
        }
        guard let upgrade = upgrade(request, exchange) else { return }
        let correlationID: [UInt8]
        if let wanted = request.head.queryItem("correlationid") {
            guard Self.isUsable(correlationID: wanted) else {
                let detail = "`correlationid` is 1 to 128 letters, digits, or any of - . _ ~ :"
                return exchange.respond(Problem(.malformedRequest, detail))
            }
            correlationID = Array(wanted.utf8)
        } else {
            let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random)
            correlationID = Array(id.text.utf8)
        }
        let isStrict = upgrade.subprotocols.contains(Self.subprotocol)
        let session = WebSocketSession(
            home: self, correlationID: correlationID, rules: isStrict ? .strict : .lenient)
        let answer = Self.answer(to: upgrade, subprotocol: isStrict ? Self.subprotocol : nil)
        if let channel = exchange.takeOver(answer: answer, handler: session) { session.open(on: channel) }
    }

    private func openEcho(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let upgrade = upgrade(request, exchange) else { return }
        let session = EchoSession(messageBytesMax: shared.limits.echoMessageBytesMax)
        _ = exchange.takeOver(answer: Self.answer(to: upgrade, subprotocol: nil), handler: session)
    }

    private func upgrade(_ request: HTTPRequest, _ exchange: HTTPExchange) -> UpgradeRequest? {
        do throws(HandshakeError) {
            return try UpgradeRequest.parse(request.head)
        } catch {
            let headers: [(name: StaticString, value: String)] =
                error.problemKind == .upgradeRequired
                ? [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")] : []
            exchange.respond(Problem(error.problemKind, error.detail), headers: headers)
            return nil
        }
    }

    private static func answer(to upgrade: UpgradeRequest, subprotocol: String?) -> [UInt8] {
        let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: upgrade.key)))
        var answer: [UInt8] = []
        UpgradeRequest.appendAnswer(accept: accept, subprotocol: subprotocol, to: &answer)
        return answer
    }

    private static func isUsable(correlationID: String) -> Bool {
        let bytes = correlationID.utf8
        guard (1...correlationIDBytesMax).contains(bytes.count) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F, 0x7E: true
            default: false
            }
        }
    }

    // MARK: HTTP

    private func postEvents(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let headers = request.head.headers
        let mode = headers.withFirst("content-type") { type in
            HTTPBinding.mode(contentType: type, hasSpecversionHeader: headers.contains("ce-specversion"))
        }
        switch mode {
        case .structured: begin(request.body, .single, exchange)
        case .batch: begin(request.body, .batch, exchange)
        case .binary: postBinary(request, exchange)
        case .unsupported:
            let detail =
                "Send application/cloudevents+json, application/cloudevents-batch+json, or ce-* headers with any type."
            exchange.respond(
                Problem(.unsupportedMediaType, detail), headers: [("Accept", "\(MediaType.event), \(MediaType.batch)")])
        }
    }

    private func postBinary(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        var attributes: [(name: String, value: String)] = []
        request.head.headers.forEachField { name, value in
            let lowercased = name.text.lowercased()
            if lowercased.hasPrefix("ce-") { attributes.append((lowercased, value.text)) }
        }
        do throws(EventError) {
            let event = try request.body.withBytes { body throws(EventError) in
                try HTTPBinding.event(
                    fromBinary: attributes, contentType: request.head.headers.first("content-type"), body: body)
            }
            begin(event, .single, exchange)
        } catch {
            exchange.respond(Problem(.malformedEvent, error.detail))
        }
    }

    private func postPing(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        var event: [UInt8] = []
        event.append("{\"specversion\":\"1.0\",\"id\":\"")
        UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random).append(to: &event)
        event.append("\",\"source\":\"/switchboard/ping\",\"type\":\"PingRequest\"")
        if request.body.contains(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) {
            do throws(JSONError) {
                try request.body.withBytes { body throws(JSONError) in try JSONScanner.validate(body) }
            } catch {
                return exchange.respond(Problem(.malformedRequest, "The body is neither empty nor JSON: \(error)."))
            }
            event.append(",\"datacontenttype\":\"application/json\",\"data\":")
            event.append(contentsOf: request.body)
        }
        event.append(0x7D)
        begin(event, .single, exchange)
    }

    /// Nothing of a batch is taken unless all of it is well-formed.
    private func begin(_ body: [UInt8], _ form: EventsExchange.Form, _ exchange: HTTPExchange) {
        body.withUnsafeBytes { bytes in
            var envelopes: [EventEnvelope] = []
            do throws(EventError) {
                if form == .single {
                    envelopes.append(try EventEnvelope.scan(bytes, rules: .strict))
                } else {
                    try EventBatch.forEach(bytes, rules: .strict) { envelopes.append($0) }
                }
            } catch {
                return exchange.respond(Problem(.malformedEvent, error.detail))
            }
            guard envelopes.count <= shared.limits.batchEventsMax else {
                let detail = "A batch has at most \(shared.limits.batchEventsMax) events."
                return exchange.respond(Problem(.contentTooLarge, detail))
            }
            let isReserved = envelopes.contains { $0.value(.type, in: bytes)?.hasPrefix("switchboard.") == true }
            if isReserved {
                let detail = "Types that begin with `switchboard.` are the gateway's own."
                return exchange.respond(Problem(.unroutableType, detail))
            }
            EventsExchange(home: self, exchange: exchange, form: form).begin(bytes, envelopes)
        }
    }
}
