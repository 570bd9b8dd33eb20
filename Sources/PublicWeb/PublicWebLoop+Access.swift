import CloudEvents
import Core
import HTTP1
import HTTPServer
import Sessions

/// Who is let in, and what they may do.
extension PublicWebLoop {
    private static let subprotocolPrefix: StaticString = "bearer."

    /// Calls `body` if the client may come in, with what its token permits; nil in open mode. Otherwise it is told.
    func admit(_ request: HTTPRequest, _ exchange: HTTPExchange, _ body: (Grant?) -> Void) {
        guard isOriginAllowed(request) else {
            shared.access.originRefused.add()
            return exchange.respond(Problem(.forbidden, "Pages of that origin are not allowed to come here."))
        }
        guard let clients = shared.clients else { return body(nil) }
        let now = SystemClock.wallNanoseconds()
        do throws(AccessRefusal) {
            let token = clients.settings.takesTokens ? try Self.token(in: request.head) : nil
            guard let token else {
                guard clients.settings.takesCertificates else { throw .noCredentials }
                guard let peer = exchange.clientCertificate else {
                    throw clients.settings.takesTokens ? .noCredentials : .noCertificate
                }
                // All of those would be one principal.
                guard !peer.subject.isEmpty else { throw .certificateWithoutSubject }
                return body(try clients.grant(peer, wall: now, now: loop.now))
            }
            body(
                try token.withBytes { bytes throws(AccessRefusal) in
                    try clients.grant(bytes, wall: now, now: loop.now)
                })
        } catch {
            let error = mayBeNew(error, clients) ? .keysBeingFetched : error
            shared.access.count(error)
            var headers: [(name: StaticString, value: String)] = []
            if let challenge = error.challenge { headers.append(("WWW-Authenticate", challenge)) }
            exchange.respond(error.problem, headers: headers)
        }
    }

    /// Whether a token's key is not known, but may be before long. Then the keys are asked for.
    private func mayBeNew(_ error: AccessRefusal, _ clients: ClientAuthenticator) -> Bool {
        guard error == .token(.unknownKey), clients.url != nil else { return false }
        if clients.beginFetch(now: loop.now) {
            report(.fetchKeys, to: 0)
            return true
        }
        return clients.isFetching
    }

    private func isOriginAllowed(_ request: HTTPRequest) -> Bool {
        guard request.head.headers.contains("origin") else { return true }
        var isAllowed = true
        request.head.headers.forEachField { name, value in
            if name.equalsIgnoringCase("origin"), !origins.allows(value) { isAllowed = false }
        }
        return isAllowed
    }

    /// A browser asks whether a page may send a request. - Returns: whether that was the question, and answered.
    func preflight(_ head: RequestHead, allow: String, _ exchange: HTTPExchange) -> Bool {
        guard head.headers.contains("origin"), let headers = CrossOriginHeaders.preflight(head, allow: allow) else {
            return false
        }
        guard CrossOriginHeaders.origin(of: head, by: origins) != nil else {
            shared.access.originRefused.add()
            exchange.respond(Problem(.forbidden, "Pages of that origin are not allowed to come here."))
            return true
        }
        exchange.respond(status: 204, headers: headers)
        return true
    }

    /// In `Authorization`, or for browsers, which can't set it, among the subprotocols: one, one way. Nil if there is none.
    private static func token(in head: RequestHead) throws(AccessRefusal) -> [UInt8]? {
        var token: [UInt8]?
        var isBad = false
        head.headers.forEachField { name, value in
            guard name.equalsIgnoringCase("authorization") else { return }
            isBad = isBad || token != nil
            token = bearer(value)
            isBad = isBad || token == nil
        }
        _ = head.headers.hasElement("sec-websocket-protocol") { offer in
            guard !isBad, offer.hasPrefix(subprotocolPrefix) else { return false }
            isBad = token != nil
            token = Array(offer.dropFirst(subprotocolPrefix.utf8CodeUnitCount))
            return isBad
        }
        if isBad { throw .badCredentials }
        return token
    }

    /// RFC 6750 §2.1. Nil if it is something else.
    private static func bearer(_ value: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let blank = value.firstIndex(of: 0x20), value.slice(0..<blank).equalsIgnoringCase("bearer") else {
            return nil
        }
        let token = value[blank...].drop { $0 == 0x20 }
        return token.isEmpty || token.contains(0x20) ? nil : Array(token)
    }

    // MARK: What a principal may do

    /// Nil if it may have one more connection, which then is counted.
    func refusal(ofConnection grant: Grant, _ wish: SessionWish) -> Problem? {
        guard let clients = shared.clients else { return nil }
        // The connection that it takes over is about to end.
        let max = clients.limits.connectionsMax + (takesOver(wish) ? 1 : 0)
        guard !grant.principal.connect(max: max) else { return nil }
        shared.access.count(.connections)
        return Problem(
            .tooManyRequests, "A client may have at most \(clients.limits.connectionsMax) connections.",
            retryAfterSeconds: 5)
    }

    /// Nil if it may have one more session, which then is counted until `endSession`.
    func refusal(ofSession principal: Principal?) -> Problem? {
        guard let clients = shared.clients, let principal else { return nil }
        guard !principal.beginSession(max: clients.limits.sessionsMax) else { return nil }
        shared.access.count(.sessions)
        return Problem(
            .tooManyRequests,
            "A client may have at most \(clients.limits.sessionsMax) sessions, those that can be resumed included.",
            retryAfterSeconds: 5)
    }

    func endSession(of principal: [UInt8]?) {
        if let principal { shared.clients?.known(principal)?.endSession() }
    }

    private func takesOver(_ wish: SessionWish) -> Bool {
        guard let token = wish.token, token.instance == sessions.instance, let session = sessions[token.handle] else {
            return false
        }
        return session.isAttached && session.principal == wish.principal
    }

    /// Nil if it may have one more request answered, which then is counted until it is.
    func refusal(ofRequest grant: Grant, _ exchange: HTTPExchange) -> Problem? {
        guard let clients = shared.clients else { return nil }
        guard !isAbuse(by: grant) else {
            let rate = clients.limits.eventsPerSecond * PrincipalLimits.abuseFactor
            return Problem(
                .tooManyRequests, "A client may make \(rate) requests a second.",
                retryAfterSeconds: grant.principal.attemptsWait(now: loop.now))
        }
        let principal = grant.principal
        guard principal.beginRequest(max: clients.limits.requestsMax) else {
            shared.access.count(.requests)
            return Problem(
                .tooManyRequests, "At most \(clients.limits.requestsMax) requests of a client wait for answers.",
                retryAfterSeconds: 1)
        }
        exchange.onEnd { principal.endRequest() }
        return nil
    }

    /// Whether a client goes on far above its rate with requests or with what is no event.
    func isAbuse(by grant: Grant) -> Bool {
        if grant.principal.attempt(now: loop.now) { return false }
        shared.access.count(.abuse)
        return true
    }

    /// Whether a principal may send so many events now. Nil if it may.
    /// - Parameter attempts: so many of them came with a request that was counted.
    func refusal(of count: Int, attempts: Int = 0, by grant: Grant) -> (problem: Problem, isAbuse: Bool)? {
        switch grant.principal.admit(count, attempts: attempts, now: loop.now) {
        case .admitted: return nil
        case .tooFast(let seconds):
            shared.access.count(.rate)
            return (Problem(.tooManyRequests, Self.rateDetail(shared), retryAfterSeconds: seconds), false)
        case .abusive(let seconds):
            shared.access.count(.abuse)
            return (Problem(.tooManyRequests, Self.rateDetail(shared), retryAfterSeconds: seconds), true)
        }
    }

    private static func rateDetail(_ shared: PublicWebShared) -> String {
        let rate = shared.clients?.limits.eventsPerSecond ?? 0
        return "A client may send \(rate) events a second."
    }

    /// Nil if a principal may send those events now, in one request: all of them, or none.
    func refusal(of envelopes: [EventEnvelope], in bytes: UnsafeRawBufferPointer, by grant: Grant) -> Problem? {
        if let refused = refusal(of: envelopes.count, attempts: 1, by: grant) { return refused.problem }
        for envelope in envelopes {
            let type = envelope.value(.type, in: bytes)
            if type?.hasPrefix("switchboard.") != true, let problem = refusal(ofType: type, by: grant) {
                return problem
            }
        }
        return nil
    }

    /// Nil if a principal may send events of that type. - Parameter type: raw as in the event's JSON.
    func refusal(ofType type: UnsafeRawBufferPointer?, by grant: Grant) -> Problem? {
        guard !Self.withDecoded(type, { grant.types.contains($0) }) else { return nil }
        shared.access.count(.types)
        return Problem(.forbidden, "The token does not permit events of this type.")
    }
}
