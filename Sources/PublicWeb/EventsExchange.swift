import CloudEvents
import Core
import HTTPServer
import JSON
import Sessions

/// An HTTP request that waits for the answers to its events: one answer or error each, in the order of the events.
final class EventsExchange: ReplySink {
    enum Form { case single, batch }

    let correlationID: [UInt8]
    var pending = PendingRequests.List()
    private let home: PublicWebLoop
    private let exchange: HTTPExchange
    private let form: Form
    private var handle: UInt64 = 0
    private var positions: [[UInt8]: Int] = [:]
    private var answers: [[UInt8]] = []
    private var singleProblem: Problem?
    private var outstanding = 0
    private var hasBegun = false

    init(home: PublicWebLoop, exchange: HTTPExchange, form: Form) {
        self.home = home
        self.exchange = exchange
        self.form = form
        let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random)
        correlationID = Array(id.text.utf8)
    }

    /// Takes the events; `exchange` is answered when each has ended.
    func begin(_ bytes: UnsafeRawBufferPointer, _ envelopes: [EventEnvelope]) {
        handle = home.sinks.insert(self)
        exchange.onAbort { [weak self] in self?.end() }
        for envelope in envelopes {
            let id = PublicWebLoop.withDecoded(envelope.value(.id, in: bytes)) { Array($0) }
            guard positions[id] == nil else { continue }
            positions[id] = answers.count
            answers.append([])
            outstanding += 1
            let acceptance = home.accept(bytes, envelope, from: self, owner: handle, keepsCorrelationID: true)
            if case .refused(let problem) = acceptance { finish(id, problem) }
        }
        hasBegun = true
        respondIfComplete()
    }

    /// The dispatcher gave the handle back, and each event may carry a correlation id of its own.
    func owns(correlationID: UnsafeRawBufferPointer?) -> Bool { true }

    func deliver(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Problem? {
        guard envelope.has(.causationid) else {
            return Problem(.sessionGone, "An HTTP request takes only answers to what it asked.")
        }
        let id = PublicWebLoop.withDecoded(envelope.value(.causationid, in: bytes)) { Array($0) }
        guard let position = positions[id], answers[position].isEmpty else { return nil }
        envelope.appendRewritten(
            from: bytes, dropping: [.returnaddress, .sequence, .expirytime], to: &answers[position]
        ) { _ in }
        if form == .single, envelope.value(.type, in: bytes)?.equals("switchboard.error") == true {
            singleProblem = Self.problem(bytes, envelope)
        }
        outstanding -= 1
        respondIfComplete()
        return nil
    }

    func fail(id: [UInt8], _ problem: Problem) {
        finish(id, problem)
        respondIfComplete()
    }

    private func finish(_ id: [UInt8], _ problem: Problem) {
        guard let position = positions[id], answers[position].isEmpty else { return }
        singleProblem = problem
        var raw: [UInt8] = []
        id.withUnsafeBytes { JSONWriter.appendStringBody($0, to: &raw) }
        let eventID = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random)
        raw.withUnsafeBytes { cause in
            ErrorEvent.append(
                problem: problem, causationID: cause, correlationID: String(decoding: correlationID, as: UTF8.self),
                source: "/switchboard/public-web", id: eventID, to: &answers[position]
            ) { _ in }
        }
        outstanding -= 1
    }

    /// A service's error event tells its problem in `data`.
    private static func problem(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Problem {
        let data = envelope.value(.data, in: bytes).flatMap { try? JSONValue.parse(Array($0)) }
        let name = data?["type"]?.string?.split(separator: ":").last.map(String.init) ?? ""
        return Problem(
            ProblemKind(rawValue: name) ?? .listenerFailed,
            data?["detail"]?.string ?? "The service failed on the event.")
    }

    private func respondIfComplete() {
        guard hasBegun, outstanding == 0, handle != 0 else { return }
        end()
        if form == .single {
            if let singleProblem { return exchange.respond(singleProblem) }
            return exchange.respond(status: 200, contentType: MediaType.event, body: answers.first ?? [])
        }
        var body: [UInt8] = [0x5B]
        for (position, answer) in answers.enumerated() {
            if position > 0 { body.append(0x2C) }
            body.append(contentsOf: answer)
        }
        body.append(0x5D)
        exchange.respond(status: 200, contentType: MediaType.batch, body: body)
    }

    private func end() {
        guard handle != 0 else { return }
        home.forget(handle, self)
        handle = 0
    }
}
