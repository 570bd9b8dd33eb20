import CloudEvents
import Core
import HTTPServer
import JSON
import Sessions

/// Requests about a session, which is on this loop or on another.
extension PublicWebLoop {
    private static let listMax = 1000
    private static let unknownEvent = Problem(.notFound, "No such event is known here, or no longer.")

    // MARK: On the loop that has the request

    func ask(_ query: SessionQuery, at target: Int, _ exchange: HTTPExchange) {
        guard target != index else {
            return perform(query, .local(exchange)) { waiting in
                exchange.onAbort { waiting.abandon() }
                exchange.onInputEnd { waiting.inputEnded() }
            }
        }
        let wait = queryWaits.insert(exchange)
        guard peers[target].post(.ask(query, origin: index, wait: wait)) == .posted else {
            queryWaits.remove(wait)
            return exchange.respond(Problem(.overloaded, "The instance is overloaded.", retryAfterSeconds: 1))
        }
        let origin = index
        exchange.onInputEnd { [weak self] in self?.report(.halfClosed(origin: origin, wait: wait), to: target) }
        exchange.onAbort { [weak self] in
            guard let self else { return }
            queryWaits.remove(wait)
            report(.abandoned(origin: origin, wait: wait), to: target)
        }
    }

    func finishQuery(_ wait: UInt64, _ answer: HTTPAnswer) {
        if let exchange = queryWaits.remove(wait) { Responder.local(exchange).respond(answer) }
    }

    /// An event that was no session's is on the loop that took it, which its id does not tell: each in turn is asked.
    func getEvent(_ request: HTTPRequest, _ exchange: HTTPExchange, _ grant: Grant?) {
        guard isQueryReadable(request, exchange) else { return }
        var session: CorrelationID?
        if let text = request.head.queryItem("correlationid") {
            session = CorrelationID(text)
            if session == nil { return exchange.respond(Self.badCorrelationID) }
        }
        let query = SessionQuery.event(
            id: Array(request.parameter.utf8), session, principal: grant?.principal.name, left: shared.loopCount - 1)
        report(.ask(query, origin: index, wait: queryWaits.insert(exchange)), to: session.map(loopIndex) ?? index)
    }

    func showSession(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let id = verified(request, exchange) else { return }
        ask(.show(id), at: loopIndex(of: id), exchange)
    }

    func endSession(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let id = verified(request, exchange) else { return }
        ask(.end(id), at: loopIndex(of: id), exchange)
    }

    private func verified(_ request: HTTPRequest, _ exchange: HTTPExchange) -> CorrelationID? {
        guard isSigned(request, exchange) else { return nil }
        guard let id = CorrelationID(request.parameter) else {
            exchange.respond(Problem(.notFound, "There is no such session."))
            return nil
        }
        return id
    }

    /// `after` is `<loop>.<place>`: where the page before has ended.
    func listSessions(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard isSigned(request, exchange), isQueryReadable(request, exchange) else { return }
        let limit = request.head.queryItem("limit").map { Int($0) ?? 0 } ?? 100
        let parts = (request.head.queryItem("after") ?? "0.0").split(separator: ".").map { Int($0) ?? -1 }
        guard (1...Self.listMax).contains(limit), parts.count == 2, (0..<shared.loopCount).contains(parts[0]),
            parts[1] >= 0
        else {
            let detail = "`limit` is a number from 1 to \(Self.listMax), `after` what the page before gave as `next`."
            return exchange.respond(Problem(.malformedRequest, detail))
        }
        ask(.list(place: parts[1], max: limit), at: parts[0], exchange)
    }

    /// An escape that means nothing must not make a parameter count as absent.
    func isQueryReadable(_ request: HTTPRequest, _ exchange: HTTPExchange) -> Bool {
        if request.head.isQueryWellFormed { return true }
        exchange.respond(
            Problem(
                .malformedRequest,
                "The query has an escape that is not % and two hexadecimal digits, is not UTF-8, or has over 64 items.")
        )
        return false
    }

    /// Whether a call comes from another tier; if not, the caller is told.
    func isSigned(_ request: HTTPRequest, _ exchange: HTTPExchange) -> Bool {
        let now = SystemClock.wallNanoseconds()
        let verdict = authenticator.verify(request.head, body: request.body, wallNanoseconds: now)
        guard let problem = verdict.problem else { return true }
        shared.internalCalls.count(verdict)
        exchange.respond(problem)
        return false
    }

    // MARK: On the session's loop

    func answer(_ query: SessionQuery, for origin: Int, _ wait: UInt64) {
        if case .event(let id, let session, let principal, let left) = query {
            guard let found = event(id, of: session, by: principal) else {
                guard left > 0 else {
                    return report(.answered(wait: wait, HTTPAnswer(Self.unknownEvent)), to: origin)
                }
                let next = SessionQuery.event(id: id, session, principal: principal, left: left - 1)
                return report(.ask(next, origin: origin, wait: wait), to: (index + 1) % shared.loopCount)
            }
            return report(.answered(wait: wait, found), to: origin)
        }
        perform(query, .remote(home: self, origin: origin, wait: wait)) { waiting in
            remoteExchanges[RemoteWait(origin: origin, wait: wait)] = waiting.handle
            waiting.onEnd = { [weak self] in self?.remoteExchanges[RemoteWait(origin: origin, wait: wait)] = nil }
        }
    }

    func halfClosed(_ origin: Int, _ wait: UInt64) {
        guard let handle = remoteExchanges[RemoteWait(origin: origin, wait: wait)] else { return }
        exchange(handle)?.inputEnded()
    }

    func abandon(_ origin: Int, _ wait: UInt64) {
        guard let handle = remoteExchanges.removeValue(forKey: RemoteWait(origin: origin, wait: wait)) else { return }
        exchange(handle)?.abandon()
    }

    private func perform(_ query: SessionQuery, _ responder: Responder, waiting: (EventsExchange) -> Void) {
        switch query {
        case .post(let post): self.post(post, responder, waiting: waiting)
        case .list(let place, let max): responder.respond(list(place, max))
        case .event(let id, let name, let principal, _):
            responder.respond(event(id, of: name, by: principal) ?? HTTPAnswer(Self.unknownEvent))
        case .show(let name):
            responder.respond(
                found(name) { HTTPAnswer(status: 200, contentType: "application/json", body: description(of: $0)) })
        case .end(let name):
            responder.respond(
                found(name) { session in
                    close(session, .sessionEnded)
                    return HTTPAnswer(status: 204)
                })
        }
    }

    private func found(_ name: CorrelationID, _ body: (Session) -> HTTPAnswer) -> HTTPAnswer {
        sessions.find(name).map(body) ?? HTTPAnswer(Problem(.notFound, "There is no such session."))
    }

    /// Nil if no such event of the principal's is known here.
    private func event(_ id: [UInt8], of name: CorrelationID?, by principal: [UInt8]?) -> HTTPAnswer? {
        guard let timeline = sessions.timelines.find(id: id, of: name, by: principal) else { return nil }
        var body: [UInt8] = []
        body.append("{\"id\":")
        JSONWriter.appendString(String(decoding: id, as: UTF8.self), to: &body)
        // The name of a session is known to those who may know it.
        if name != nil {
            body.append(",\"correlationid\":")
            JSONWriter.appendString(timeline.correlationID.text, to: &body)
        }
        body.append(",\"state\":\"")
        body.append(utf8: timeline.state)
        body.append("\"")
        if let problem = timeline.problem {
            body.append(",\"problem\":")
            JSONWriter.appendString(problem, to: &body)
        }
        if timeline.traceID != (0, 0) {
            body.append(",\"traceid\":\"")
            body.append(hex: timeline.traceID.high)
            body.append(hex: timeline.traceID.low)
            body.append("\"")
        }
        body.append(",\"timeline\":[")
        append(timeline, to: &body)
        body.append("]")
        if let session = sessions[timeline.owner],
            let known = id.withUnsafeBytes({ sessions.pending.find(owner: session.handle, id: $0) }),
            case .ended(let place) = known.state, let answer = sessions.answer(at: place, in: session)
        {
            body.append(",\"answer\":")
            body.append(contentsOf: answer)
        }
        body.append(0x7D)
        return HTTPAnswer(status: 200, contentType: "application/json", body: body)
    }

    private func append(_ timeline: EventTimeline, to body: inout [UInt8]) {
        var isFirst = true
        for stage in EventStage.allCases {
            guard let time = timeline.time(of: stage) else { continue }
            body.append(isFirst ? "{\"stage\":\"" : ",{\"stage\":\"")
            isFirst = false
            body.append(utf8: stage.name)
            body.append("\",\"time\":\"")
            RFC3339.append(wallNanoseconds: time, to: &body)
            body.append("\"}")
        }
    }

    private func list(_ place: Int, _ max: Int) -> HTTPAnswer {
        var body: [UInt8] = []
        body.append("{\"sessions\":[")
        var isFirst = true
        let next = sessions.page(from: place, max: max) { session in
            if !isFirst { body.append(0x2C) }
            isFirst = false
            body.append(contentsOf: description(of: session))
        }
        body.append("]")
        let following = next.map { (index, $0) } ?? (index + 1 < shared.loopCount ? (index + 1, 0) : nil)
        if let following { body.append(utf8: ",\"next\":\"\(following.0).\(following.1)\"") }
        body.append("}")
        return HTTPAnswer(status: 200, contentType: "application/json", body: body)
    }

    private func description(of session: Session) -> [UInt8] {
        var body: [UInt8] = []
        body.append("{\"correlationid\":")
        JSONWriter.appendString(session.correlationID.text, to: &body)
        body.append(session.isAttached ? ",\"state\":\"attached\"" : ",\"state\":\"detached\"")
        if let milliseconds = session.detachedMilliseconds(now: loop.now) {
            body.append(",\"detachedmilliseconds\":")
            body.append(decimal: milliseconds)
        }
        if let connection = connection(of: session) {
            body.append(connection is EventStream ? ",\"connection\":\"eventstream\"" : ",\"connection\":\"websocket\"")
        }
        let numbers: [(StaticString, UInt64)] = [
            ("sequence", session.sequence), ("acknowledged", session.acknowledged),
            ("transmitted", session.transmitted), ("pending", UInt64(max(session.pending.count, 0))),
            ("replayevents", UInt64(session.replayEvents)), ("replaybytes", UInt64(session.replayBytes)),
        ]
        for (name, number) in numbers {
            body.append(",\"")
            body.append(name)
            body.append("\":")
            body.append(decimal: number)
        }
        body.append(0x7D)
        return body
    }
}
