import CloudEvents
import Core
import HTTPClient
import JSON
import Sessions
import Tiers

/// The way of an event from a client to the dispatcher.
extension PublicWebLoop {
    /// Attributes that only the tiers may set.
    private static let reserved: EventEnvelope.Members = [
        .correlationid, .returnaddress, .sequence, .servertiming, .expirytime,
    ]

    /// Takes a client's event: from then on `sink` gets exactly one answer or one error for it.
    func accept(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, from sink: any ReplySink, owner: UInt64,
        keepsCorrelationID: Bool
    ) -> Acceptance {
        let limits = shared.limits
        if isDraining { return refuse(Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1)) }
        guard sink.pending.count < limits.inFlightPerSessionMax else {
            return refuse(
                Problem(
                    .tooManyRequests, "\(limits.inFlightPerSessionMax) events wait for their answers already.",
                    retryAfterSeconds: 1))
        }
        let lifetime: UInt64
        switch lifetimeMilliseconds(bytes, envelope) {
        case .success(let milliseconds): lifetime = milliseconds
        case .failure(let problem): return refuse(problem)
        }
        let generated =
            envelope.has(.id) ? nil : UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random)
        let deadline = loop.now.advanced(byMilliseconds: lifetime)
        let insertion = withID(bytes, envelope, generated) { id in
            pending.insert(owner: owner, list: &sink.pending, id: id, deadline: deadline)
        }
        switch insertion {
        case .duplicate:
            shared.metrics.eventsDuplicate.add()
            return .duplicate
        case .full: return refuse(Problem(.overloaded, "Too many events wait for answers.", retryAfterSeconds: 1))
        case .inserted(let request):
            let wait = min(limits.dispatcherWaitMilliseconds, lifetime)
            let token = ForwardToken(
                owner: owner, request: request, retryUntil: loop.now.advanced(byMilliseconds: wait))
            let isTaken = poster.append(token) { output in
                append(bytes, envelope, generated, lifetime, sink, owner, keepsCorrelationID, to: &output)
            }
            guard isTaken else {
                _ = pending.settle(request, list: &sink.pending)
                return refuse(Problem(.overloaded, "Too many events wait for the dispatcher.", retryAfterSeconds: 1))
            }
            shared.metrics.eventsAccepted.add()
            shared.metrics.eventsWaiting.add(1)
            return .accepted
        }
    }

    private func refuse(_ problem: Problem) -> Acceptance {
        shared.metrics.count(problem.kind)
        return .refused(problem)
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
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ generated: UUIDv7?, _ lifetime: UInt64,
        _ sink: any ReplySink, _ owner: UInt64, _ keepsCorrelationID: Bool, to output: inout [UInt8]
    ) {
        var dropping = Self.reserved
        let keeps = keepsCorrelationID && envelope.has(.correlationid)
        if keeps { dropping.remove(.correlationid) }
        let address = ReturnAddress(
            instance: shared.instance | UInt64(index), handle: owner, url: shared.internalURL
        ).encoded(by: authenticator)
        envelope.appendRewritten(from: bytes, dropping: dropping, to: &output) { writer in
            if !envelope.has(.specversion) { writer.string("specversion", "1.0") }
            if let generated { writer.uuid("id", generated) }
            if !envelope.has(.source) { writer.string("source", "/switchboard/client") }
            sink.correlationID.withUnsafeBytes { id in
                if !keeps { writer.rawString("correlationid", id) }
            }
            address.withUnsafeBytes { writer.rawString("returnaddress", $0) }
            writer.time("expirytime", wallNanoseconds: SystemClock.wallNanoseconds() + lifetime * 1_000_000)
        }
    }

    /// What the dispatcher made of a batch.
    func forwarded(_ tokens: [ForwardToken], _ outcome: PostOutcome) {
        switch outcome {
        case .unavailable(let reason):
            shared.logger.warning("events not forwarded", ["reason": .string(reason), "count": .integer(tokens.count)])
            let problem = Problem(
                .dispatcherUnavailable, "The dispatcher could not be reached.", retryAfterSeconds: 1)
            for token in tokens { fail(token, problem) }
        case .answered(let response):
            guard response.status == 202 || response.status == 207,
                let failures = EventFailure.decode(response.body)
            else {
                let reason = response.status == 401 ? InternalAuthenticator.refusalReason : "see its log"
                shared.logger.error(
                    "the dispatcher refused a batch",
                    ["status": .integer(response.status), "reason": .string(reason)])
                for token in tokens { fail(token, Problem(.internalError, "The dispatcher refused the event.")) }
                return
            }
            for failure in failures where tokens.indices.contains(failure.index) {
                fail(tokens[failure.index], failure.problem)
            }
        }
    }

    private func fail(_ token: ForwardToken, _ problem: Problem) {
        if let sink = sinks[token.owner] { settle(token.request, of: sink, problem) }
    }
}
