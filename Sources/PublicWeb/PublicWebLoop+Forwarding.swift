import CloudEvents
import Core
import EventTracing
import HTTPClient
import JSON
import Sessions
import Telemetry
import Tiers

/// The way of an event from a client to the dispatcher.
extension PublicWebLoop {
    /// Attributes that only the tiers may set.
    private static let reserved: EventEnvelope.Members = [
        .correlationid, .returnaddress, .sequence, .servertiming, .expirytime,
    ]

    /// Takes a client's event: from then on `owner`, or the waiter if there is one, gets exactly one answer or one error.
    func accept(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, for owner: any RequestOwner, _ arrival: Arrival
    ) -> Acceptance {
        let limits = shared.limits
        // What is known already is not refused: it has, or gets, its one outcome.
        let isKnown = isKnown(bytes, envelope, to: owner)
        if isDraining, !isKnown { return refused(Self.drainingProblem, bytes, envelope, owner, arrival) }
        let lifetime: UInt64
        switch lifetimeMilliseconds(bytes, envelope) {
        case .success(let milliseconds): lifetime = milliseconds
        case .failure(let problem):
            guard isKnown else { return refused(problem, bytes, envelope, owner, arrival) }
            lifetime = limits.requestDeadlineMilliseconds
        }
        let generated =
            envelope.has(.id) ? nil : UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random)
        let deadline = loop.now.advanced(byMilliseconds: lifetime)
        let content = Self.content(bytes, envelope)
        let admission = withID(bytes, envelope, generated) { id in
            sessions.admit(
                IncomingRequest(
                    id: id, content: content, deadline: deadline, waiter: arrival.waiter,
                    isOverHTTP: arrival.isOverHTTP),
                owner: owner.handle,
                list: &owner.pending, session: owner as? Session, waitingMax: limits.inFlightPerSessionMax
            ) { EventsExchange.storedProblem($0)?.kind.isPassing == true }
        }
        switch admission {
        case .full:
            let problem = Problem(.overloaded, "Too many events wait for answers.", retryAfterSeconds: 1)
            return refused(problem, bytes, envelope, owner, arrival)
        case .idInUse:
            let problem = Problem(.duplicateIdentifier, "The id was used for another event.")
            return refused(problem, bytes, envelope, owner, arrival)
        case .tooMany:
            let detail = "\(limits.inFlightPerSessionMax) events wait for their answers already."
            let problem = Problem(.tooManyRequests, detail, retryAfterSeconds: 1)
            return refused(problem, bytes, envelope, owner, arrival)
        case .stillWaiting(let request):
            shared.metrics.eventsDuplicate.add()
            return .stillWaiting(request)
        case .ended(let place):
            shared.metrics.eventsDuplicate.add()
            return .ended(place)
        case .inserted(let request):
            guard let problem = forward(bytes, envelope, generated, lifetime, owner, request, arrival) else {
                return .accepted
            }
            sessions.withdraw(request, list: &owner.pending)
            return .refused(problem)
        }
    }

    /// Nil if the event is on its way.
    private func forward(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?, _ lifetime: UInt64,
        _ owner: any RequestOwner, _ request: PendingRequests.RequestID, _ arrival: Arrival
    ) -> Problem? {
        let wait = min(shared.limits.dispatcherWaitMilliseconds, lifetime)
        let wall = SystemClock.wallNanoseconds()
        let correlationID = correlationID(of: envelope, bytes, owner, arrival.keepsCorrelationID)
        let trace = beginTrace(bytes, envelope, generated, correlationID, owner, arrival)
        let timeline = withID(bytes, envelope, generated) { id in
            sessions.timelines.begin(
                id: id, correlationID: correlationID, owner: owner.handle, acceptedAt: wall,
                principal: arrival.principal, isOpen: arrival.isOpen)
        }
        sessions.pending.setTimeline(timeline, of: request)
        if let context = trace.spans?.context {
            sessions.timelines.setTrace(timeline, high: context.traceIDHigh, low: context.traceIDLow)
        }
        let token = ForwardToken(
            owner: owner.handle, request: request, timeline: timeline, spans: trace.spans,
            retryUntil: loop.now.advanced(byMilliseconds: wait))
        let isTaken = poster.append(token) { output in
            append(
                bytes, envelope, generated, expiresAt: wall + lifetime * 1_000_000, owner, arrival.keepsCorrelationID,
                trace, to: &output)
        }
        guard isTaken else {
            let problem = Problem(.overloaded, "Too many events wait for the dispatcher.", retryAfterSeconds: 1)
            sessions.timelines.fail(timeline, problem: problem.kind.rawValue, at: SystemClock.wallNanoseconds())
            if let spans = trace.spans {
                log(problem, spans)
                spans.answered(problem)
            }
            return problem
        }
        shared.logger.step(
            "event accepted", context: trace.spans?.context ?? .none,
            (trace.spans?.event ?? identity(bytes, envelope, generated, correlationID)).fields)
        if let spans = trace.spans { sessions.pending.setTrace(requestSpans.insert(spans), of: request) }
        shared.metrics.eventsAccepted.add()
        shared.metrics.eventsWaiting.add(1)
        return nil
    }

    private func correlationID(
        of envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer, _ owner: any RequestOwner, _ keeps: Bool
    ) -> CorrelationID {
        guard keeps, let own = envelope.value(.correlationid, in: bytes) else { return owner.correlationID }
        return CorrelationID(own) ?? owner.correlationID
    }

    private static let contentMembers: [EventEnvelope.Member] = [.source, .type, .subject, .data, .dataBase64]

    /// A hash of what makes two events with the same id the same event.
    static func content(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Int {
        var hasher = Hasher()
        for member in contentMembers {
            guard let value = envelope.value(member, in: bytes) else { continue }
            hasher.combine(member.rawValue)
            hasher.combine(bytes: value)
        }
        return hasher.finalize()
    }

    private func isKnown(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, to owner: any RequestOwner
    ) -> Bool {
        guard isDraining || envelope.has(.expirytime), envelope.has(.id), owner is Session else { return false }
        return Self.withDecoded(envelope.value(.id, in: bytes)) {
            sessions.pending.find(owner: owner.handle, id: $0) != nil
        }
    }

    static var drainingProblem: Problem {
        Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1)
    }

    private func withID<Result>(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        if let generated {
            var text: [UInt8] = []
            generated.append(to: &text)
            return text.withUnsafeBytes(body)
        }
        return Self.withDecoded(envelope.value(.id, in: bytes), body)
    }

    /// Ids are compared as what they mean: a service may escape them differently.
    static func withDecoded<Result>(
        _ raw: UnsafeRawBufferPointer?, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard let raw else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        guard raw.contains(0x5C) else { return body(raw) }
        return (JSONWriter.unescape(raw) ?? Array(raw)).withUnsafeBytes(body)
    }

    private func lifetimeMilliseconds(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope
    ) -> Result<UInt64, Problem> {
        guard let text = envelope.value(.expirytime, in: bytes) else {
            return .success(shared.limits.requestDeadlineMilliseconds)
        }
        guard let expiry = RFC3339.parse(text) else {
            return .failure(Problem(.malformedEvent, "`expirytime` is not an RFC 3339 time."))
        }
        let now = SystemClock.wallNanoseconds()
        guard expiry > now else {
            return .failure(Problem(.deadlinePassed, "The event's `expirytime` had passed when it arrived."))
        }
        return .success(min((expiry - now) / 1_000_000, shared.limits.requestDeadlineMaxMilliseconds))
    }

    private func append(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?, expiresAt: UInt64,
        _ owner: any RequestOwner, _ keepsCorrelationID: Bool, _ trace: OutgoingTrace, to output: inout [UInt8]
    ) {
        var dropping = Self.reserved.union(trace.dropping)
        let keeps = keepsCorrelationID && envelope.has(.correlationid)
        if keeps { dropping.remove(.correlationid) }
        let address = ReturnAddress(
            instance: shared.instance | UInt64(index), handle: owner.handle, url: shared.internalURL)
        envelope.appendRewritten(from: bytes, dropping: dropping, to: &output) { writer in
            if !envelope.has(.specversion) { writer.string("specversion", "1.0") }
            if let generated { writer.uuid("id", generated) }
            if !envelope.has(.source) { writer.string("source", "/switchboard/client") }
            if !keeps { writer.rawString("correlationid") { owner.correlationID.append(to: &$0) } }
            writer.rawString("returnaddress") { address.append(by: authenticator, to: &$0) }
            writer.time("expirytime", wallNanoseconds: expiresAt)
            trace.write(to: &writer)
        }
    }

    /// A batch goes out to the dispatcher, maybe not for the first time.
    func forwarding(_ tokens: [ForwardToken]) {
        let now = SystemClock.wallNanoseconds()
        shared.metrics.forwardedBatch.record(Double(tokens.count))
        for token in tokens {
            sessions.timelines.mark(token.timeline, .forwarded, at: now)
            token.spans?.forwarding()
        }
    }

    /// What the dispatcher made of a batch.
    func forwarded(_ tokens: [ForwardToken], _ outcome: PostOutcome) {
        switch outcome {
        case .unavailable(let reason):
            shared.logger.warning(
                "events not forwarded", context: context(of: tokens),
                ["reason": .string(reason), "count": .integer(tokens.count)])
            let problem = Problem(
                .dispatcherUnavailable, "The dispatcher could not be reached.", retryAfterSeconds: 1)
            for token in tokens { fail(token, problem, status: nil) }
        case .answered(let response):
            guard response.status == 202 || response.status == 207,
                let failures = EventFailure.decode(response.body)
            else {
                let reason = response.status == 401 ? InternalAuthenticator.refusalReason : "see its log"
                shared.logger.error(
                    "the dispatcher refused a batch", context: context(of: tokens),
                    ["status": .integer(response.status), "reason": .string(reason)])
                let problem = Problem(.internalError, "The dispatcher refused the event.")
                for token in tokens { fail(token, problem, status: response.status) }
                return
            }
            confirm(tokens, failures, status: response.status)
            for failure in failures where tokens.indices.contains(failure.index) {
                fail(tokens[failure.index], failure.problem, status: response.status)
            }
        }
    }

    private func confirm(_ tokens: [ForwardToken], _ failures: [EventFailure], status: Int) {
        let now = SystemClock.wallNanoseconds()
        let failed = Set(failures.map(\.index))
        for (index, token) in tokens.enumerated() where failed.isEmpty || !failed.contains(index) {
            sessions.timelines.mark(token.timeline, .confirmed, at: now)
            token.spans?.forwarded(nil, status: status)
        }
    }

    /// Of a batch's log record: that of its first event that has one.
    private func context(of tokens: [ForwardToken]) -> TraceContext? {
        tokens.lazy.compactMap { $0.spans?.forwardContext }.first
    }

    private func fail(_ token: ForwardToken, _ problem: Problem, status: Int?) {
        token.spans?.forwarded(problem, status: status)
        if let owner = owner(token.owner) { settle(token.request, of: owner, problem) }
    }
}
