import Broker
import CloudEvents
import Core
import EventTracing
import HTTPServer
import JSON
import Telemetry
import Tiers

/// `POST /events`: each event to the broker by its type's route; answered once the broker has confirmed.
extension DispatcherLoop {
    func postEvents(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let now = SystemClock.wallNanoseconds()
        let verdict = authenticator.verify(request.head, body: request.body, wallNanoseconds: now)
        if let problem = verdict.problem {
            shared.internalCalls.count(verdict)
            return exchange.respond(problem)
        }
        if isDraining {
            return exchange.respond(Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1))
        }
        let headers = request.head.headers
        let mode = headers.withFirst("content-type") { type in
            HTTPBinding.mode(contentType: type, hasSpecversionHeader: headers.contains("ce-specversion"))
        }
        guard mode == .structured || mode == .batch else {
            let detail = "Send application/cloudevents+json or application/cloudevents-batch+json."
            return exchange.respond(
                Problem(.unsupportedMediaType, detail), headers: [("Accept", "\(MediaType.event), \(MediaType.batch)")])
        }
        publish(request.body, isBatch: mode == .batch, exchange, wallNanoseconds: now)
    }

    private func publish(_ body: [UInt8], isBatch: Bool, _ exchange: HTTPExchange, wallNanoseconds: UInt64) {
        var builders: [GroupBuilder] = []
        var failures: [EventFailure] = []
        var position = 0
        do throws(EventError) {
            try body.withBytes { bytes throws(EventError) in
                if isBatch {
                    let malformed = { (error: EventError) in
                        failures.append(
                            EventFailure(index: position, problem: Problem(.malformedEvent, error.detail)))
                        position += 1
                    }
                    let eventsMax = shared.limits.batchEventsMax
                    try EventBatch.forEach(bytes, rules: .strict, eventsMax: eventsMax, malformed: malformed) {
                        envelope in
                        if let problem = add(envelope, of: bytes, position, to: &builders, wallNanoseconds) {
                            failures.append(EventFailure(index: position, problem: problem))
                        }
                        position += 1
                    }
                } else {
                    let envelope = try EventEnvelope.scan(bytes, rules: .strict)
                    if let problem = add(envelope, of: bytes, 0, to: &builders, wallNanoseconds) {
                        failures.append(EventFailure(index: 0, problem: problem))
                    }
                    position = 1
                }
            }
        } catch {
            return refuse(builders, Problem(error.kind, error.detail), exchange)
        }
        let post = posts.insert(
            PublishPost(
                exchange: exchange, isBatch: isBatch, events: position, failures: failures,
                groupsOutstanding: builders.count))
        for builder in builders { send(builder, post) }
        if builders.isEmpty { answer(post) }
    }

    private func add(
        _ envelope: EventEnvelope, of bytes: UnsafeRawBufferPointer, _ index: Int, to builders: inout [GroupBuilder],
        _ wallNanoseconds: UInt64
    ) -> Problem? {
        guard let rawType = envelope.value(.type, in: bytes) else {
            return Problem(.malformedEvent, "`type` is missing.")
        }
        var place = builders.firstIndex { $0.takes(rawType: rawType) }
        let route = place.map { builders[$0].route } ?? self.route(rawType: rawType)
        let (context, spans) = beginTrace(envelope, in: bytes, route)
        guard let route else {
            // Whatever a client calls it is no type of ours.
            shared.metrics.events.add(type: "_other", outcome: ProblemKind.unroutableType.rawValue)
            return refuse(Problem(.unroutableType, "No route for the type `\(rawType.text)`."), spans)
        }
        guard
            let lifetime = Lifetime.milliseconds(
                of: envelope, in: bytes, wallNanoseconds: wallNanoseconds,
                default: shared.limits.answerLifetimeMilliseconds, max: shared.limits.answerLifetimeMaxMilliseconds)
        else { return refuse(Problem(.deadlinePassed, "The event's `expirytime` has passed."), spans) }
        place = place ?? builders.firstIndex { $0.route === route }
        if place == nil {
            builders.append(
                GroupBuilder(
                    route: route, rawType: rawType, first: envelope, postBytes: builders.isEmpty ? bytes.count : 0))
        }
        builders[place ?? builders.count - 1].append(
            envelope, of: bytes, index: index, lifetimeMilliseconds: lifetime,
            handlingNanoseconds: SystemClock.monotonic().nanoseconds(since: loop.now), context: context, spans: spans)
        return nil
    }

    private func route(rawType: UnsafeRawBufferPointer) -> BrokerRoute? {
        rawType.contains(0x5C)
            ? (JSONWriter.unescape(rawType) ?? []).withUnsafeBytes { routes.route(for: $0) }
            : routes.route(for: rawType)
    }

    /// Nothing of a POST is published if something is wrong with all of it.
    private func refuse(_ builders: [GroupBuilder], _ problem: Problem, _ exchange: HTTPExchange) {
        for spans in builders.flatMap(\.spans) { end(spans, problem) }
        exchange.respond(problem)
    }

    private func refuse(_ problem: Problem, _ spans: PublishSpans?) -> Problem {
        if let spans { end(spans, problem) }
        return problem
    }

    private func send(_ builder: GroupBuilder, _ post: UInt64) {
        let deadline = loop.now.advanced(byMilliseconds: shared.limits.brokerWaitMilliseconds)
        shared.metrics.publishedBatch.record(Double(builder.indices.count))
        let group = publishing.insert(PublishingGroup(builder: builder, post: post, deadline: deadline))
        publish(group)
    }

    private func publish(_ handle: UInt64) {
        guard let group = publishing[handle] else { return }
        let mailbox = mailbox
        let durations = shared.metrics.durations
        let beganAt = SystemClock.monotonic()
        let isTaken = shared.broker.publish(group.builder.group(deadline: group.deadline)) { outcome in
            durations.sent(outcome, since: beganAt)
            // Never full: the broker takes fewer groups than the mailbox has places.
            _ = mailbox.post(.published(group: handle, outcome))
        }
        if !isTaken {
            settle(handle, Problem(.overloaded, "Too many events wait for the broker.", retryAfterSeconds: 1))
        }
    }

    func published(_ handle: UInt64, _ outcome: PublishOutcome) {
        switch outcome {
        case .confirmed:
            shared.metrics.eventsAccepted.add(UInt64(publishing[handle]?.builder.indices.count ?? 0))
            settle(handle, nil)
        case .unroutable: settle(handle, Problem(.noListener, "No service listens for this event type."))
        case .rejected:
            if publishLater(handle) { return }
            settle(handle, Problem(.overloaded, "The broker refused the event.", retryAfterSeconds: 1))
        case .refused: settle(handle, Problem(.internalError, "The broker does not take the event."))
        case .unavailable:
            settle(
                handle, Problem(.brokerUnavailable, "The message broker could not be reached.", retryAfterSeconds: 1))
        case .expired:
            settle(handle, Problem(.deadlinePassed, "The event expired before it could be published."))
        }
    }

    /// A broker refuses for a moment, as while a queue has no leader: what it refused, it does not have. False if there is
    /// no time left for another try.
    private func publishLater(_ handle: UInt64) -> Bool {
        guard let group = publishing[handle],
            loop.now.advanced(byMilliseconds: shared.limits.republishMilliseconds) < group.deadline
        else { return false }
        shared.metrics.eventsRepublished.add(UInt64(group.builder.indices.count))
        for spans in group.builder.spans { spans.retry() }
        refused.append(handle)
        if refused.count == 1 {
            _ = loop.schedule(
                self, kind: TimerKind.republish, afterMilliseconds: shared.limits.republishMilliseconds)
        }
        return true
    }

    func publishRefused() {
        let handles = refused
        refused = []
        for handle in handles { publish(handle) }
    }

    private func settle(_ handle: UInt64, _ problem: Problem?) {
        guard let group = publishing.remove(handle) else { return }
        shared.metrics.events.add(
            group.builder.indices.count, type: group.builder.type, outcome: problem?.kind.rawValue ?? "published")
        for spans in group.builder.spans { end(spans, problem) }
        settle(group.post, problem == nil ? [] : group.builder.indices, problem)
    }

    private func settle(_ post: UInt64, _ failed: [Int], _ problem: Problem?) {
        posts.update(post) { state in
            state.groupsOutstanding -= 1
            if let problem { state.failures += failed.map { EventFailure(index: $0, problem: problem) } }
        }
        if posts[post]?.groupsOutstanding == 0 { answer(post) }
    }

    private func answer(_ post: UInt64) {
        guard let state = posts.remove(post) else { return }
        for failure in state.failures { shared.metrics.count(failure.problem.kind) }
        if !state.isBatch, let failure = state.failures.first { return state.exchange.respond(failure.problem) }
        state.exchange.respond(
            status: state.failures.isEmpty ? 202 : 207, contentType: "application/json",
            body: EventFailure.encode(state.failures))
    }
}
