import CloudEvents
import Core
import HTTPServer
import JSON
import Sessions

/// An HTTP request that waits for the answers to its events: one answer or error each, in the order of the events. The
/// events are a session's, or its own.
final class EventsExchange: RequestOwner {
    /// Marks the handles of exchanges, among those of sessions.
    static let handleBit: UInt64 = 1 << 63

    let correlationID: CorrelationID
    var pending = PendingRequests.List()
    private(set) var handle: UInt64 = 0
    /// Called once when it has been answered or abandoned.
    var onEnd: (() -> Void)?
    private let home: PublicWebLoop
    /// Whose its events are; nil if they are its own.
    let session: Session?
    private let responder: Responder
    private let post: EventsPost
    /// Of each id: where in the answer its outcome goes. The same event can stand in a batch more than once.
    private var positions: [[UInt8]: [Int]] = [:]
    private var contents: [[UInt8]: Int] = [:]
    /// The client sends nothing more: it may be gone, or wait for the answer all the same.
    private(set) var isHalfClosed = false
    private var answers: [[UInt8]] = []
    private var singleProblem: Problem?
    private var outstanding = 0
    private var hasBegun = false

    private var form: EventsPost.Form { post.form }

    init(home: PublicWebLoop, session: Session?, responder: Responder, post: EventsPost) {
        self.home = home
        self.session = session
        self.responder = responder
        self.post = post
        correlationID = session?.correlationID ?? home.newCorrelationID()
    }

    /// Takes the events; the request is answered when each has ended.
    func begin(_ bytes: UnsafeRawBufferPointer, _ envelopes: [EventEnvelope]) {
        handle = home.exchanges.insert(self) | Self.handleBit
        if let session { home.exchangesOfSessions[session.handle, default: []].insert(handle) }
        for envelope in envelopes {
            let id = PublicWebLoop.withDecoded(envelope.value(.id, in: bytes)) { Array($0) }
            let content = PublicWebLoop.content(bytes, envelope)
            let position = answers.count
            answers.append([])
            if let known = contents[id] {
                if known == content {
                    // It may have its outcome already.
                    if let first = positions[id]?.first { answers[position] = answers[first] }
                    positions[id]?.append(position)
                } else {
                    let problem = Problem(.duplicateIdentifier, "The id stands in the batch for another event, too.")
                    answers[position] = errorEvent(id, problem)
                }
                continue
            }
            contents[id] = content
            positions[id] = [position]
            outstanding += 1
            accept(bytes, envelope, id)
        }
        hasBegun = true
        respondIfComplete()
    }

    private func accept(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ id: [UInt8]) {
        let acceptance =
            session.map {
                home.accept(
                    bytes, envelope, for: $0,
                    Arrival(waiter: handle, isOverHTTP: true, trace: post.trace, principal: post.principal))
            }
            ?? home.accept(
                bytes, envelope, for: self,
                Arrival(
                    keepsCorrelationID: true, isOverHTTP: true, isOpen: true, trace: post.trace,
                    principal: post.principal))
        switch acceptance {
        case .accepted: break
        case .refused(let problem): finish(id, problem)
        case .stillWaiting(let request):
            let earlier = home.sessions.pending.redirect(request, to: handle)
            if let earlier, earlier != handle, let other = home.exchange(earlier) {
                other.fail(id: id, Problem(.duplicateIdentifier, "The event was posted again; its answer goes there."))
            }
        case .ended(let place):
            let event = session.flatMap { home.sessions.answer(at: place, in: $0) } ?? []
            let isTaken = event.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: .lenient) else { return false }
                return take(Delivery(envelope: envelope, bytes: bytes), id, dropping: [], nil) != nil
            }
            if !isTaken { finish(id, Problem(.internalError, "The event's answer is not there any more.")) }
        }
    }

    /// The session has ended, and with it the wait of what has no answer yet.
    func sessionEnded() {
        let problem = Problem(.sessionGone, "The session was ended.")
        for id in Array(positions.keys) where isWaiting(id) != nil { finish(id, problem) }
        respondIfComplete()
    }

    /// The client may be gone: what its session's events are answered goes the session's own way, and into the response.
    func inputEnded() { isHalfClosed = true }

    /// Where the outcome of an event that waits goes first.
    private func isWaiting(_ id: [UInt8]) -> Int? {
        positions[id]?.first.flatMap { answers[$0].isEmpty ? $0 : nil }
    }

    private func set(_ answer: [UInt8], of id: [UInt8]) -> [UInt8] {
        for position in positions[id] ?? [] { answers[position] = answer }
        outstanding -= 1
        return answer
    }

    /// The client has gone away. What its session's events are answered goes the session's own way.
    func abandon() {
        outstanding = 0
        end()
    }

    /// An answer to one of its events. - Parameter hops: what its own are completed with; nil leaves them as they are.
    /// - Returns: the event as the client gets it; nil if it is none of its own.
    @discardableResult
    func deliver(_ delivery: Delivery, _ hops: AnswerHops?) -> [UInt8]? {
        let id = PublicWebLoop.withDecoded(delivery.value(.causationid)) { Array($0) }
        // A `sequence` of the service's own would be taken for the session's.
        var dropping: EventEnvelope.Members = [.sequence, .returnaddress, .expirytime]
        if hops != nil { dropping.insert(.servertiming) }
        guard let answer = take(delivery, id, dropping: dropping, hops) else { return nil }
        respondIfComplete()
        return answer
    }

    @discardableResult
    private func take(
        _ delivery: Delivery, _ id: [UInt8], dropping: EventEnvelope.Members, _ hops: AnswerHops?
    ) -> [UInt8]? {
        guard isWaiting(id) != nil else { return nil }
        var answer: [UInt8] = []
        delivery.append(dropping: dropping, to: &answer) { writer in
            if let hops { writer.rawString("servertiming") { hops.append(delivery, to: &$0) } }
        }
        if form == .single { singleProblem = delivery.problem }
        return set(answer, of: id)
    }

    /// - Returns: the error event as the client gets it; nil if the event is none of its own.
    @discardableResult
    func fail(id: [UInt8], _ problem: Problem, traceID: String? = nil) -> [UInt8]? {
        let answer = finish(id, problem, traceID)
        respondIfComplete()
        return answer
    }

    @discardableResult
    private func finish(_ id: [UInt8], _ problem: Problem, _ traceID: String? = nil) -> [UInt8]? {
        guard isWaiting(id) != nil else { return nil }
        singleProblem = problem
        if form == .batch { home.shared.metrics.count(problem.kind) }
        return set(errorEvent(id, problem, traceID), of: id)
    }

    private func errorEvent(_ id: [UInt8], _ problem: Problem, _ traceID: String? = nil) -> [UInt8] {
        var event: [UInt8] = []
        var raw: [UInt8] = []
        id.withUnsafeBytes { JSONWriter.appendStringBody($0, to: &raw) }
        let eventID = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random)
        raw.withUnsafeBytes { cause in
            ErrorEvent.append(
                problem: problem, causationID: cause, correlationID: correlationID.text,
                source: "/switchboard/public-web", id: eventID, traceID: traceID, to: &event
            ) { _ in }
        }
        return event
    }

    static func isError(_ event: [UInt8]) -> Bool { storedProblem(event) != nil }

    /// The problem that an event of type `switchboard.error` tells; nil for any other event.
    static func storedProblem(_ event: [UInt8]) -> Problem? {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .lenient) else { return nil }
            return Delivery(envelope: envelope, bytes: bytes).problem
        }
    }

    private func respondIfComplete() {
        guard hasBegun, outstanding == 0, handle != 0 else { return }
        end()
        if form == .single {
            if let singleProblem { return responder.respond(HTTPAnswer(singleProblem)) }
            return responder.respond(
                HTTPAnswer(status: 200, contentType: MediaType.event, body: answers.first ?? []))
        }
        var body: [UInt8] = [0x5B]
        for (position, answer) in answers.enumerated() {
            if position > 0 { body.append(0x2C) }
            body.append(contentsOf: answer)
        }
        body.append(0x5D)
        responder.respond(HTTPAnswer(status: 200, contentType: MediaType.batch, body: body))
    }

    private func end() {
        guard handle != 0 else { return }
        home.forget(self)
        handle = 0
        onEnd?()
        onEnd = nil
    }
}
