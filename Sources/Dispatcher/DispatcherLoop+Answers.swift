import Broker
import CloudEvents
import Core
import EventTracing
import HTTPClient
import Telemetry
import Tiers

/// Answers from the broker, each to the instance that its signed return address names.
extension DispatcherLoop {
    private static let deadLetterRoute = BrokerRoute(
        exchange: StandardTopology.deadLetterExchange, routingKey: StandardTopology.undeliverableRoutingKey,
        batchEventsMax: 1)

    private static let returnHop = "dispatcher-return"

    func route(_ message: DeliveredMessage) {
        guard message.exchange == StandardTopology.deadLetterExchange else {
            return route(message, isDeadLetter: false)
        }
        guard let errors = errors(for: message) else { return shared.broker.acknowledge(message.tag, multiple: false) }
        route(errors, isDeadLetter: true)
    }

    private func route(_ message: DeliveredMessage, isDeadLetter: Bool) {
        let now = SystemClock.wallNanoseconds()
        // Given back at the end: the loop's own must not be changed while it is walked over.
        var tokens: [(Result<AnswerToken, UndeliverableAnswer>, Range<Int>)] = []
        swap(&tokens, &self.tokens)
        defer {
            tokens.removeAll(keepingCapacity: tokens.count <= 1024)
            swap(&tokens, &self.tokens)
        }
        let delivery = deliveries.insert(
            TrackedDelivery(tag: message.tag, takenAt: loop.now, isDeadLetter: isDeadLetter))
        do throws(EventError) {
            try message.body.withBytes { bytes throws(EventError) in
                try EventBatch.forEach(bytes, rules: .strict) { envelope in
                    tokens.append((token(for: envelope, of: message, bytes, delivery, now), envelope.extent))
                }
            }
        } catch {
            for case (.success(let token), _) in tokens { token.spans?.deadLettered("malformed") }
            deliveries.remove(delivery)
            shared.logger.error("not an event on the responses queue; dead-lettered", ["reason": .string(error.detail)])
            shared.metrics.answersDeadLettered.add()
            return shared.broker.reject(message.tag, requeue: false)
        }
        if !isDeadLetter { shared.metrics.answersConsumed.add(UInt64(tokens.count)) }
        deliveries.update(delivery) { $0.eventsOutstanding = tokens.count }
        if tokens.isEmpty {
            deliveries.remove(delivery)
            return shared.broker.acknowledge(message.tag, multiple: false)
        }
        for (token, extent) in tokens {
            switch token {
            case .success(let token):
                deliveries.update(delivery) { $0.add(token.destination) }
                if crowdingExcess(of: token.destination) > 0 { deadLetter(token, "unavailable") } else { offer(token) }
            case .failure(let error): deadLetter(message.body, extent, delivery, error.reason)
            }
        }
    }

    private func token(
        for envelope: EventEnvelope, of message: DeliveredMessage, _ bytes: UnsafeRawBufferPointer, _ delivery: UInt64,
        _ wallNanoseconds: UInt64
    ) -> Result<AnswerToken, UndeliverableAnswer> {
        guard let address = envelope.value(.returnaddress, in: bytes) else {
            return .failure(forged(envelope, of: message, bytes))
        }
        var hasher = Hasher()
        hasher.combine(bytes: address)
        let hash = hasher.finalize()
        let destination: Destination
        if let known = verified.destination(of: address, hash: hash) {
            destination = known
        } else {
            guard let url = ReturnAddress.verifiedURL(in: address, by: authenticator) else {
                return .failure(forged(envelope, of: message, bytes))
            }
            guard let found = self.destination(for: url) else {
                return .failure(undeliverable(.tooManyDestinations, envelope, of: message, bytes))
            }
            verified.insert(address, hash: hash, found)
            destination = found
        }
        let lifetime = Lifetime.milliseconds(
            of: envelope, in: bytes, wallNanoseconds: wallNanoseconds,
            default: shared.limits.answerLifetimeMilliseconds, max: shared.limits.answerLifetimeMaxMilliseconds)
        guard let lifetime else { return .failure(undeliverable(.deadlinePassed, envelope, of: message, bytes)) }
        guard envelope.extent.count <= shared.limits.answerBytesMax else {
            return .failure(undeliverable(.tooLarge, envelope, of: message, bytes))
        }
        return .success(
            AnswerToken(
                delivery: delivery, body: message.body, extent: envelope.extent,
                timing: envelope.valueRange(.servertiming), isTimingNull: envelope.isNull(.servertiming),
                consumedAt: loop.now,
                retryUntil: loop.now.advanced(byMilliseconds: lifetime), destination: destination,
                spans: beginAnswer(envelope, in: bytes, of: message, destination), session: hash))
    }

    private func forged(
        _ envelope: EventEnvelope, of message: DeliveredMessage, _ bytes: UnsafeRawBufferPointer
    ) -> UndeliverableAnswer {
        shared.metrics.answersForged.add()
        let spans = beginAnswer(envelope, in: bytes, of: message, nil)
        shared.logger.warning(
            "an answer without a valid return address; dead-lettered", context: spans?.processContext,
            EventIdentity(envelope, in: bytes).fields)
        spans?.deadLettered("forged")
        return .forged
    }

    private func undeliverable(
        _ why: UndeliverableAnswer, _ envelope: EventEnvelope, of message: DeliveredMessage,
        _ bytes: UnsafeRawBufferPointer
    ) -> UndeliverableAnswer {
        let spans = beginAnswer(envelope, in: bytes, of: message, nil)
        shared.logger.warning(
            "an answer was dead-lettered", context: spans?.processContext,
            EventIdentity(envelope, in: bytes).fields(reason: why.reason))
        spans?.deadLettered(why.reason)
        return why
    }

    private func destination(for url: UnsafeRawBufferPointer) -> Destination? {
        if let known = destinations[url] { return known }
        if destinations.count >= shared.limits.destinationsMax {
            destinations.removeAll { $0.isIdle }
            verified.removeAll()
        }
        guard destinations.count < shared.limits.destinationsMax else {
            shared.logger.error("too many public-web instances", ["limit": .integer(shared.limits.destinationsMax)])
            return nil
        }
        let destination = Destination(url: url.text, now: loop.now)
        let authenticator = authenticator
        destination.poster = CoalescingPoster(
            loop: loop, transport: transport, url: destination.url + "/dispatch",
            sign: {
                authenticator.headerLine(path: "/dispatch", body: $0, wallNanoseconds: SystemClock.wallNanoseconds())
            },
            completion: { [weak self] in self?.dispatched($0, $1) })
        let batch = shared.metrics.dispatchedBatch
        destination.poster?.posting = { tokens in
            batch.record(Double(tokens.count))
            for token in tokens { token.spans?.posting() }
        }
        destinations.set(destination, for: url)
        shared.metrics.destinations.set(Int64(destinations.count))
        return destination
    }

    private func offer(_ token: AnswerToken) {
        let isTaken = token.destination.poster?.append(token) { output in
            let nanoseconds = SystemClock.monotonic().nanoseconds(since: token.consumedAt)
            token.body.withUnsafeBytes { bytes in
                if let spans = token.spans {
                    return append(bytes, token.extent, shared.tracer.inject(spans.context), nanoseconds, to: &output)
                }
                if token.isTimingNull { return append(bytes, token.extent, .none, nanoseconds, to: &output) }
                ServerTimings.appendEvent(
                    bytes.slice(token.extent), value: token.timing, adding: Self.returnHop, nanoseconds: nanoseconds,
                    to: &output)
            }
        }
        if isTaken != true { retryLater(token) }
    }

    /// Written anew: sampled ones, as only these carry a context of the dispatcher's.
    private func append(
        _ bytes: UnsafeRawBufferPointer, _ extent: Range<Int>, _ context: TraceContext, _ nanoseconds: UInt64,
        to output: inout [UInt8]
    ) {
        // It was scanned when it came from the broker.
        guard let envelope = try? EventEnvelope.scan(bytes, range: extent, rules: .strict) else { return }
        envelope.append(
            from: bytes, context: context, addingHop: Self.returnHop, nanoseconds: nanoseconds, to: &output)
    }

    private func dispatched(_ tokens: [AnswerToken], _ outcome: PostOutcome) {
        switch outcome {
        case .unavailable(let reason):
            shared.logger.warning(
                "answers not delivered in time", context: context(of: tokens),
                ["reason": .string(reason), "count": .integer(tokens.count)])
            for token in tokens { deadLetter(token, "unavailable") }
        case .answered(let response) where response.status == 429: for token in tokens { retryLater(token) }
        case .answered(let response):
            tokens.first?.destination.answeredAt = loop.now
            guard response.status == 200, let failures = EventFailure.decode(response.body) else {
                let reason = response.status == 401 ? InternalAuthenticator.refusalReason : "see its log"
                shared.logger.error(
                    "public-web refused a batch of answers", context: context(of: tokens),
                    ["status": .integer(response.status), "reason": .string(reason)])
                for token in tokens { deadLetter(token, "refused") }
                return
            }
            var failed = Set<Int>()
            for failure in failures where tokens.indices.contains(failure.index) {
                failed.insert(failure.index)
                handle(failure.problem, tokens[failure.index], status: response.status)
            }
            shared.metrics.answersDispatched.add(UInt64(tokens.count - failed.count))
            for (index, token) in tokens.enumerated() where failed.isEmpty || !failed.contains(index) {
                end(token, nil, status: response.status)
                finish(token.delivery, .acknowledge)
            }
        }
    }

    /// Of a batch's log record: that of its first event that has one.
    private func context(of tokens: [AnswerToken]) -> TraceContext? {
        tokens.lazy.compactMap { $0.spans?.context }.first
    }

    private func handle(_ problem: Problem, _ token: AnswerToken, status: Int) {
        switch problem.kind {
        case .tooManyRequests:
            shared.metrics.answersRetried.add()
            retryLater(token)
        case .sessionGone:
            shared.metrics.answersGone.add()
            end(token, problem, status: status)
            finish(token.delivery, .acknowledge)
        default: deadLetter(token, problem.kind.rawValue)
        }
    }

    // MARK: Retry and dead letters

    private func retryLater(_ token: AnswerToken) {
        switch held.hold(token, now: loop.now, random: random.next()) {
        case .held: token.spans?.held()
        case .refused: deadLetter(token, "deadline-passed")
        case .heldInsteadOf(let other): deadLetter(other, "too-many-held")
        }
        setRetryTimer()
    }

    func retryAnswers() {
        retryTimer = nil
        for token in held.takeDue(now: loop.now) { offer(token) }
        setRetryTimer()
    }

    private func setRetryTimer() {
        shared.metrics.answersHeld.set(Int64(held.count))
        guard retryTimer == nil, let due = held.nextDue else { return }
        retryTimer = loop.schedule(
            self, kind: TimerKind.retryAnswers, afterMilliseconds: due.milliseconds(since: loop.now) + 1)
    }

    private func deadLetter(_ token: AnswerToken, _ reason: String) {
        let event = token.spans?.event ?? identity(of: token)
        shared.logger.warning(
            "an answer was dead-lettered", context: token.spans?.context,
            event.fields(reason: reason))
        token.spans?.deadLettered(reason)
        deliveries.update(token.delivery) { $0.leave(token.destination) }
        deadLetter(token.body, token.extent, token.delivery, reason)
    }

    private func deadLetter(_ body: [UInt8], _ extent: Range<Int>, _ delivery: UInt64, _ reason: String) {
        // What it tells of is among the dead letters itself.
        if deliveries[delivery]?.isDeadLetter == true { return finish(delivery, .acknowledge) }
        shared.metrics.answersDeadLettered.add()
        let mailbox = mailbox
        let group = PublishGroup(
            route: Self.deadLetterRoute, event: Array(body[extent]),
            metadata: EventMetadata(
                death: DeathRecord(
                    reason: reason, queue: StandardTopology.responsesQueue,
                    exchange: StandardTopology.responsesExchange, routingKey: StandardTopology.responsesRoutingKey,
                    timeSeconds: SystemClock.wallNanoseconds() / 1_000_000_000)),
            deadline: loop.now.advanced(byMilliseconds: shared.limits.brokerWaitMilliseconds))
        let isTaken = shared.broker.publish(group) { outcome in
            _ = mailbox.post(.deadLettered(delivery: delivery, outcome))
        }
        if !isTaken { finish(delivery, .requeue) }
    }

    /// One event of a delivery has come to its end; with the last one the broker is told.
    func finish(_ delivery: UInt64, _ verdict: TrackedDelivery.Verdict) {
        var isDone = false
        deliveries.update(delivery) { state in
            state.eventsOutstanding -= 1
            if verdict == .requeue { state.verdict = .requeue }
            isDone = state.eventsOutstanding <= 0
        }
        guard isDone, let state = deliveries.remove(delivery) else { return }
        state.end()
        shared.metrics.durations.processed(since: state.takenAt)
        switch state.verdict {
        case .acknowledge: shared.broker.acknowledge(state.tag, multiple: false)
        case .requeue: shared.broker.reject(state.tag, requeue: true)
        }
    }
}
