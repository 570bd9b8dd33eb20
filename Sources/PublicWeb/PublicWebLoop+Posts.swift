import CloudEvents
import Core
import HTTP1
import HTTPServer
import JSON
import Sessions

/// Events over HTTP.
extension PublicWebLoop {
    func postEvents(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
        let headers = request.head.headers
        let mode = headers.withFirst("content-type") { type in
            HTTPBinding.mode(contentType: type, hasSpecversionHeader: headers.contains("ce-specversion"))
        }
        switch mode {
        case .structured: begin(request.body, .single, request, exchange, grant)
        case .batch: begin(request.body, .batch, request, exchange, grant)
        case .binary: postBinary(request, exchange, grant)
        case .unsupported:
            let detail =
                "Send application/cloudevents+json, application/cloudevents-batch+json, or ce-* headers with any type."
            exchange.respond(
                Problem(.unsupportedMediaType, detail), headers: [("Accept", "\(MediaType.event), \(MediaType.batch)")])
        }
    }

    private func postBinary(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
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
            begin(event, .single, request, exchange, grant)
        } catch {
            exchange.respond(Problem(.malformedEvent, error.detail))
        }
    }

    func postPing(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
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
        begin(event, .single, request, exchange, grant)
    }

    /// Nothing of a batch is taken unless all of it is well-formed.
    private func begin(
        _ body: [UInt8], _ form: EventsPost.Form, _ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?
    ) {
        guard isQueryReadable(request, exchange) else { return }
        var named: CorrelationID?
        if let text = request.head.queryItem("correlationid") {
            guard let id = CorrelationID(text) else { return exchange.respond(Self.badCorrelationID) }
            named = id
        }
        let found: Result<CorrelationID?, Problem> = body.withUnsafeBytes { bytes in
            do throws(EventError) {
                let envelopes = try envelopes(bytes, form)
                if let grant, let problem = refusal(of: envelopes, in: bytes, by: grant) { return .failure(problem) }
                return check(bytes, envelopes, form, named: named)
            } catch {
                return .failure(Problem(error.kind, error.detail))
            }
        }
        let isAsync = request.head.headers.hasToken("prefer", "respond-async")
        switch found {
        case .failure(let problem): exchange.respond(problem)
        case .success(let id):
            let post = EventsPost(
                body: body, form: form, correlationID: id, principal: grant?.principal.name, isAsync: isAsync,
                trace: request.trace)
            ask(.post(post), at: id.map { loopIndex(of: $0) } ?? index, exchange)
        }
    }

    private func envelopes(
        _ bytes: UnsafeRawBufferPointer, _ form: EventsPost.Form
    ) throws(EventError) -> [EventEnvelope] {
        var envelopes: [EventEnvelope] = []
        if form == .batch {
            try EventBatch.forEach(bytes, rules: .strict, eventsMax: shared.limits.batchEventsMax) {
                envelopes.append($0)
            }
        } else {
            envelopes.append(try EventEnvelope.scan(bytes, rules: .strict))
        }
        for envelope in envelopes { try envelope.checkClient(in: bytes) }
        return envelopes
    }

    /// - Returns: the session that the events name. Events of a batch that name different ones belong to none.
    private func check(
        _ bytes: UnsafeRawBufferPointer, _ envelopes: [EventEnvelope], _ form: EventsPost.Form, named: CorrelationID?
    ) -> Result<CorrelationID?, Problem> {
        let isControl = envelopes.contains { $0.value(.type, in: bytes)?.hasPrefix("switchboard.") == true }
        let ids = envelopes.map { $0.value(.correlationid, in: bytes).flatMap { CorrelationID($0) } }
        let id = named ?? (ids.allSatisfy { $0 == ids.first } ? ids.first ?? nil : nil)
        if isControl, form == .batch || id == nil {
            let detail = "Types that begin with `switchboard.` are the gateway's own: alone, and of a session."
            return .failure(Problem(.unroutableType, detail))
        }
        return .success(id)
    }

    // MARK: On the session's loop

    /// - Parameter waiting: is given the exchange if the answer comes later.
    func post(_ post: EventsPost, _ responder: Responder, waiting: (EventsExchange) -> Void) {
        post.body.withUnsafeBytes { bytes in
            // It was scanned when it arrived.
            guard let envelopes = try? envelopes(bytes, post.form) else { return }
            let session = post.correlationID.flatMap { sessions.find($0) }
            if let session, session.principal != post.principal {
                return responder.respond(HTTPAnswer(Problem(.sessionHeld, "The session is somebody else's.")))
            }
            if let first = envelopes.first, let type = first.value(.type, in: bytes), type.hasPrefix("switchboard.") {
                return responder.respond(postControl(type, bytes, first, session))
            }
            if post.isAsync { return responder.respond(postAsync(bytes, envelopes, post, session)) }
            let exchange = EventsExchange(home: self, session: session, responder: responder, post: post)
            exchange.begin(bytes, envelopes)
            if exchange.handle != 0 { waiting(exchange) }
        }
    }

    private func postControl(
        _ type: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ session: Session?
    ) -> HTTPAnswer {
        guard let session else { return HTTPAnswer(Problem(.notFound, "There is no such session.")) }
        if let problem = control(type, bytes, envelope, of: session) { return HTTPAnswer(problem) }
        return HTTPAnswer(status: 202)
    }

    /// 202 at once; the answers come on the session, which is begun if it is not there.
    private func postAsync(
        _ bytes: UnsafeRawBufferPointer, _ envelopes: [EventEnvelope], _ post: EventsPost, _ known: Session?
    ) -> HTTPAnswer {
        let session: Session
        switch known.map({ .success($0) }) ?? beginSession(post.correlationID, post.principal) {
        case .success(let found): session = found
        case .failure(let problem): return HTTPAnswer(problem)
        }
        var body: [UInt8] = []
        var locations: [String] = []
        // A session that was begun for events of which none is taken is of no use.
        defer { if known == nil, locations.isEmpty { close(session, .sessionEnded) } }
        for envelope in envelopes {
            body.append(body.isEmpty ? 0x5B : 0x2C)
            let id = envelope.string(.id, in: bytes) ?? ""
            body.append("{\"id\":")
            JSONWriter.appendString(id, to: &body)
            switch accept(
                bytes, envelope, for: session,
                Arrival(
                    isOverHTTP: true, isOpen: post.correlationID == nil, trace: post.trace, principal: post.principal)
            ) {
            case .ended(let place) where post.form == .single:
                return HTTPAnswer(
                    status: 200, contentType: MediaType.event, body: sessions.answer(at: place, in: session) ?? [])
            case .refused(let problem):
                if post.form == .single { return HTTPAnswer(problem) }
                body.append(",\"problem\":")
                problem.appendJSON(instance: nil, traceID: nil, to: &body)
            case .accepted, .stillWaiting, .ended:
                let location =
                    "/events/\(PercentEncoding.encode(id.utf8))?correlationid=\(session.correlationID.text)"
                locations.append(location)
                body.append(",\"correlationid\":")
                JSONWriter.appendString(session.correlationID.text, to: &body)
                body.append(",\"location\":")
                JSONWriter.appendString(location, to: &body)
            }
            body.append(0x7D)
        }
        body.append(0x5D)
        if post.form == .single { body = Array(body.dropFirst().dropLast()) }
        var headers: [(name: StaticString, value: String)] = [("Preference-Applied", "respond-async")]
        if let location = locations.first, post.form == .single { headers.append(("Location", location)) }
        return HTTPAnswer(status: 202, contentType: "application/json", headers: headers, body: body)
    }

    private func beginSession(_ id: CorrelationID?, _ principal: [UInt8]?) -> Result<Session, Problem> {
        if let problem = refusal(ofSession: principal.flatMap { shared.clients?.known($0) }) {
            return .failure(problem)
        }
        let secret = SessionToken.Secret(random: &random)
        let wish = SessionWish(correlationID: id, principal: principal)
        let opening = sessions.open(wish, connection: 0, secret: secret, now: loop.now) { newCorrelationID() }
        guard case .opened(let session, _) = opening else {
            endSession(of: principal)
            return .failure(Problem(.overloaded, "Too many sessions are open.", retryAfterSeconds: 1))
        }
        shared.metrics.sessionsOpened.add()
        countSessions()
        return .success(session)
    }
}
