import CloudEvents
import Core
import HTTPServer
import Sessions
import Telemetry
import Tiers

/// The way of an answer from the dispatcher to the client that waits for it.
extension PublicWebLoop {
    /// `{"specversion":"1.0","id":"1","source":"/","type":"a"}`, and somewhat less.
    private static let eventBytesMin = 48

    /// `POST /dispatch`: answers 200 with the list of events that nobody took.
    func dispatch(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard isSigned(request, exchange) else { return }
        let eventsMax = shared.limits.internalBatchEventsMax
        guard !isTooMany(request.body) else {
            return exchange.respond(Problem(.contentTooLarge, EventError.tooMany(eventsMax).detail))
        }
        var refused: [EventFailure] = []
        var others = [[PeerEvent]](repeating: [], count: shared.loopCount)
        var position = 0
        do throws(EventError) {
            try request.body.withBytes { bytes throws(EventError) in
                let malformed = { (error: EventError) in
                    refused.append(EventFailure(index: position, problem: Problem(.malformedEvent, error.detail)))
                    position += 1
                }
                try EventBatch.forEach(bytes, rules: .strict, eventsMax: eventsMax, malformed: malformed) { envelope in
                    let place = place(of: envelope, in: bytes)
                    if place?.loop == index || place == nil {
                        if let problem = deliver(envelope, in: bytes, to: place?.handle) {
                            refused.append(EventFailure(index: position, problem: problem))
                        }
                    } else if let place {
                        others[place.loop].append(
                            PeerEvent(envelope: envelope, handle: place.handle, position: position))
                    }
                    position += 1
                }
            }
        } catch {
            return exchange.respond(Problem(error.kind, error.detail))
        }
        finish(exchange, request.body, refused, others)
    }

    /// Before any of them is given to anyone. What is too short for so many events, or has fewer braces, is not looked at:
    /// large batches are what a busy gateway gets.
    private func isTooMany(_ body: [UInt8]) -> Bool {
        let max = shared.limits.internalBatchEventsMax
        guard body.count > max * Self.eventBytesMin, body.count(where: { $0 == 0x7B }) > max else { return false }
        var count = 0
        // What is malformed counts, and is told by whoever reads it next.
        try? body.withUnsafeBytes {
            try EventBatch.forEach($0, rules: .strict, malformed: { _ in count += 1 }) { _ in count += 1 }
        }
        return count > max
    }

    private func finish(
        _ exchange: HTTPExchange, _ body: [UInt8], _ refused: [EventFailure], _ others: [[PeerEvent]]
    ) {
        let outstanding = others.count { !$0.isEmpty }
        guard outstanding > 0 else { return answer(exchange, refused) }
        let wait = dispatchWaits.insert(DispatchWait(exchange: exchange, refused: refused, outstanding: outstanding))
        for (loop, events) in others.enumerated() where !events.isEmpty {
            let message = LoopMessage.dispatch(body: body, events: events, origin: index, wait: wait)
            if peers[loop].post(message) == .full {
                let problem = Problem(.tooManyRequests, "The instance is overloaded.", retryAfterSeconds: 1)
                finishDispatch(wait, events.map { DispatchRefusal(index: $0.position, problem: problem) })
            }
        }
    }

    private func answer(_ exchange: HTTPExchange, _ refused: [EventFailure]) {
        if !refused.isEmpty { shared.metrics.dispatchRefused.add(UInt64(refused.count)) }
        exchange.respond(status: 200, contentType: "application/json", body: EventFailure.encode(refused))
    }

    func finishDispatch(_ wait: UInt64, _ refused: [DispatchRefusal]) {
        dispatchWaits.update(wait) { state in
            state.refused += refused.map { EventFailure(index: $0.index, problem: $0.problem) }
            state.outstanding -= 1
        }
        guard let state = dispatchWaits[wait], state.outstanding == 0 else { return }
        dispatchWaits.remove(wait)
        answer(state.exchange, state.refused)
    }

    /// For another loop that got the batch.
    func dispatchForPeer(body: [UInt8], events: [PeerEvent], origin: Int, wait: UInt64) {
        var refused: [DispatchRefusal] = []
        body.withUnsafeBytes { bytes in
            for event in events {
                if let problem = deliver(event.envelope, in: bytes, to: event.handle) {
                    refused.append(DispatchRefusal(index: event.position, problem: problem))
                }
            }
        }
        report(.dispatched(wait: wait, refused: refused), to: origin)
    }

    /// The origin's exchange hangs on this message, so a full mailbox is tried again.
    func report(_ message: LoopMessage, to origin: Int) {
        if peers[origin].post(message) == .full { loop.defer { [weak self] in self?.report(message, to: origin) } }
    }

    private func place(
        of envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer
    ) -> (loop: Int, handle: UInt64)? {
        guard let address = envelope.value(.returnaddress, in: bytes), let place = ReturnAddress.place(in: address),
            place.instance & ~0xFF == shared.instance, Int(place.instance & 0xFF) < shared.loopCount
        else { return nil }
        return (Int(place.instance & 0xFF), place.handle)
    }

    /// Gives an event to whom it is for. Nil if that settled it.
    private func deliver(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, to handle: UInt64?
    ) -> Problem? {
        guard let spans = beginDelivery(envelope, in: bytes) else {
            return deliver(Delivery(envelope: envelope, bytes: bytes), to: handle).problem
        }
        let context = shared.tracer.inject(spans.pushContext)
        let outcome = deliver(Delivery(envelope: envelope, bytes: bytes, context: context), to: handle)
        endDelivery(spans, outcome)
        return outcome.problem
    }

    private func deliver(_ delivery: Delivery, to handle: UInt64?) -> DeliveryOutcome {
        // Its clients went with it: what they asked is to be found among the dead letters.
        guard let handle else { return .refused(Problem(.instanceGone, "It is for another instance.")) }
        guard let owner = owner(handle) else {
            return .refused(Problem(.sessionGone, "No such session is here."))
        }
        if let exchange = owner as? EventsExchange { return deliver(delivery, to: exchange) }
        guard let session = owner as? Session, let id = delivery.value(.correlationid),
            CorrelationID(id) == session.correlationID
        else { return .refused(Problem(.sessionGone, "No such session is here.")) }
        return deliver(delivery, to: session)
    }

    /// An exchange has no session: each of its events may carry a correlation id of its own.
    private func deliver(_ delivery: Delivery, to exchange: EventsExchange) -> DeliveryOutcome {
        guard delivery.envelope.has(.causationid) else {
            return .refused(Problem(.sessionGone, "An HTTP request takes only answers to what it asked."))
        }
        let settled = Self.withDecoded(delivery.value(.causationid)) { id in
            sessions.pending.settle(owner: exchange.handle, list: &exchange.pending, id: id)
        }
        guard let settled else {
            shared.metrics.answersUnexpected.add()
            return .unexpected
        }
        let spans = takeSpans(of: settled.request)
        let hops = returned(delivery, of: settled.request, spans)
        sessions.timelines.mark(
            sessions.pending.timeline(of: settled.request), .pushed, at: SystemClock.wallNanoseconds())
        sessions.pending.forget(settled.request)
        countAnswer()
        // Before the request's own span, which ends with the response.
        spans?.answered(delivery.problem)
        exchange.deliver(delivery, hops)
        return .delivered
    }

    private func deliver(_ delivery: Delivery, to session: Session) -> DeliveryOutcome {
        let envelope = delivery.envelope
        if envelope.extent.count > shared.limits.streamedEventBytesMax {
            return refuse(tooLarge: delivery, of: session)
        }
        let queued = connection(of: session)?.queuedBytes ?? 0
        let route =
            envelope.has(.causationid)
            ? Self.withDecoded(delivery.value(.causationid)) { id in
                sessions.route(answerTo: id, in: session, queuedBytes: queued) { exchange($0)?.isHalfClosed == false }
            } : sessions.route(answerTo: nil, in: session, queuedBytes: queued) { exchange($0)?.isHalfClosed == false }
        switch route {
        case .unexpected:
            shared.metrics.answersUnexpected.add()
            return .unexpected
        case .waiter(let waiter, let request):
            if let waiter = exchange(waiter) { reply(delivery, to: waiter, of: session, request) }
        case .tooSlow:
            return .refused(Problem(.tooManyRequests, "The session's client reads too slowly.", retryAfterSeconds: 1))
        case .stream(let request):
            var halfClosed: EventsExchange?
            if let request {
                halfClosed = exchange(sessions.pending.waiter(of: request))
                _ = sessions.pending.settle(request, list: &session.pending)
                countAnswer()
            } else {
                shared.metrics.pushesDelivered.add()
            }
            let spans = request.flatMap { takeSpans(of: $0) }
            append(delivery, to: session, ending: request, spans)
            halfClosed?.deliver(delivery, nil)
            spans?.answered(delivery.problem)
        }
        return .delivered
    }

    /// What is larger than may wait for a client could never be given to one, and all that follows would wait behind it.
    private func refuse(tooLarge delivery: Delivery, of session: Session) -> DeliveryOutcome {
        let detail = "The answer is larger than \(shared.limits.streamedEventBytesMax) bytes."
        guard delivery.envelope.has(.causationid) else { return .refused(Problem(.contentTooLarge, detail)) }
        let found = Self.withDecoded(delivery.value(.causationid)) {
            sessions.pending.find(owner: session.handle, id: $0)
        }
        guard let found, found.state == .waiting else {
            shared.metrics.answersUnexpected.add()
            return .unexpected
        }
        if let waiter = exchange(sessions.pending.waiter(of: found.request)), !waiter.isHalfClosed {
            reply(delivery, to: waiter, of: session, found.request)
        } else {
            settle(found.request, of: session, Problem(.listenerFailed, detail))
        }
        return .delivered
    }

    private func append(
        _ delivery: Delivery, to session: Session, ending request: PendingRequests.RequestID?, _ spans: RequestSpans?
    ) {
        let hops = request.flatMap { returned(delivery, of: $0, spans) }
        append(to: session, ending: request) { output, sequence in
            delivery.append(dropping: [.returnaddress, .sequence, .expirytime, .servertiming], to: &output) { writer in
                writer.paddedDecimal("sequence", sequence, width: 16)
                if let hops { writer.rawString("servertiming") { hops.append(delivery, to: &$0) } }
            }
        }
    }

    private func reply(
        _ delivery: Delivery, to waiter: EventsExchange, of session: Session, _ request: PendingRequests.RequestID
    ) {
        _ = sessions.pending.settle(request, list: &session.pending)
        countAnswer()
        let spans = takeSpans(of: request)
        let hops = returned(delivery, of: request, spans)
        spans?.answered(delivery.problem)
        sessions.timelines.mark(
            sessions.pending.timeline(of: request), .pushed, at: SystemClock.wallNanoseconds())
        if let event = waiter.deliver(delivery, hops) {
            keepReply(event, of: request, in: session)
        } else {
            sessions.pending.forget(request)
        }
    }

    /// Notes that the answer to a request is back, and completes its hops: the broker's part is what no tier claims.
    /// - Returns: nil if it is not known when the event was accepted.
    private func returned(
        _ delivery: Delivery, of request: PendingRequests.RequestID, _ spans: RequestSpans?
    ) -> AnswerHops? {
        let number = sessions.pending.timeline(of: request)
        let now = SystemClock.wallNanoseconds()
        let claimed = delivery.value(.servertiming).map { ServerTimings.sums($0, except: "dispatcher") }
        sessions.timelines.mark(number, .dispatched, at: now)
        if let answered = delivery.value(.time).flatMap({ RFC3339.parse($0) }) {
            let handling = claimed?.others ?? 0
            sessions.timelines.mark(number, .consumed, at: answered > handling ? answered - handling : answered)
            sessions.timelines.mark(number, .answered, at: answered)
        }
        if delivery.isError {
            sessions.timelines.fail(number, problem: ProblemKind.listenerFailed.rawValue, at: now)
        }
        guard let accepted = sessions.timelines.time(of: .accepted, number) else { return nil }
        let forwarded = sessions.timelines.time(of: .forwarded, number) ?? accepted
        let total = now > accepted ? now - accepted : 0
        shared.metrics.roundtrip.record(nanoseconds: total, context: spans?.context)
        let own = forwarded > accepted ? forwarded - accepted : 0
        let known = own &+ (claimed?.all ?? 0)
        return AnswerHops(ownNanoseconds: own, brokerNanoseconds: total > known ? total - known : 0)
    }

    private func countAnswer() {
        shared.metrics.eventsWaiting.add(-1)
        shared.metrics.answersDelivered.add()
    }
}
