import CloudEvents
import Core
import Glibc
import HTTPClient
import JSON

/// The same over plain HTTP: each request is a POST, and its response is the answer. One after the other, on a thread.
final class HTTPLink: GatewayLink {
    private static let jobsMax = 4096

    private struct Job: Sendable {
        let id: String
        let body: [UInt8]
        let traceparent: String?
    }

    private struct Outcome: Sendable {
        let id: String
        let result: Result<ClientResponse, ClientError>
        let at: MonotonicInstant
    }

    private let finished: WakeSignal
    private let outcomes: Mailbox<Outcome>
    private let jobs: Mailbox<Job>
    private var pending: [String: (at: MonotonicInstant, wallNanoseconds: UInt64)] = [:]

    init(_ options: ConnectionOptions) throws(SystemError) {
        let finished = try WakeSignal()
        let outcomes = Mailbox<Outcome>(messagesMax: Self.jobsMax) { finished.signal() }
        let wanted = try WakeSignal()
        let jobs = Mailbox<Job>(messagesMax: Self.jobsMax) { wanted.signal() }
        self.finished = finished
        self.outcomes = outcomes
        self.jobs = jobs
        // It ends with the process: a request under way can't be broken off.
        _ = try Thread(name: "http") { Self.work(options, jobs, wanted, outcomes) }
    }

    private static func work(
        _ options: ConnectionOptions, _ jobs: Mailbox<Job>, _ wanted: WakeSignal, _ outcomes: Mailbox<Outcome>
    ) {
        Thread.blockSignals()
        let request = BlockingRequest(policy: options.policy)
        while true {
            Poller.wait([Poller.Interest(fd: wanted.fd)], milliseconds: nil)
            wanted.drain()
            var batch: [Job] = []
            jobs.take(into: &batch)
            for job in batch {
                var headerLines = ["Content-Type: application/cloudevents+json"]
                let token = options.token.headerLine
                if !token.isEmpty { headerLines.append(String(token.dropLast())) }
                if let traceparent = job.traceparent { headerLines.append("traceparent: \(traceparent)") }
                let post = ClientRequest(
                    .post, url: options.endpoint.httpURL + "/events", headerLines: headerLines, body: job.body,
                    timeoutMilliseconds: Int(options.timeoutMilliseconds))
                let result: Result<ClientResponse, ClientError>
                do { result = .success(try request.perform(post)) } catch { result = .failure(error) }
                // As many fit in as there are jobs, and nobody waits for more.
                _ = outcomes.post(Outcome(id: job.id, result: result, at: SystemClock.monotonic()))
            }
        }
    }

    var fd: CInt { finished.fd }
    var wantsToWrite: Bool { false }
    var pendingCount: Int { pending.count }
    var oldestPending: MonotonicInstant? { pending.values.map(\.at).min() }
    var nextDeadline: MonotonicInstant? { nil }
    var sessionStatus: SessionStatus? { nil }

    func request(type: String, data: [UInt8]?, traceparent: String?) throws(EventError) -> String {
        let event = try Event(
            source: SessionClient.source, type: type, data: data,
            extensions: traceparent.map { [("traceparent", $0)] } ?? [])
        pending[event.id] = (SystemClock.monotonic(), SystemClock.wallNanoseconds())
        if jobs.post(Job(id: event.id, body: event.bytes, traceparent: traceparent)) == .full {
            let result = Result<ClientResponse, ClientError>.failure(.cannotConnect("too many requests wait here"))
            _ = outcomes.post(Outcome(id: event.id, result: result, at: SystemClock.monotonic()))
        }
        return event.id
    }

    func advance() -> [LinkEvent] {
        finished.drain()
        var batch: [Outcome] = []
        outcomes.take(into: &batch)
        return batch.compactMap { outcome in
            // Without it, the request has expired, and its user was told.
            pending.removeValue(forKey: outcome.id).map { event(outcome, $0) }
        }
    }

    private func event(_ outcome: Outcome, _ sent: (at: MonotonicInstant, wallNanoseconds: UInt64)) -> LinkEvent {
        switch outcome.result {
        case .failure(let error):
            return .problem(id: outcome.id, RequestProblem(status: nil, title: "no answer", detail: error.text))
        case .success(let response):
            guard response.status == 200 else {
                let problem = RequestProblem(try? JSONValue.parse(response.body), status: response.status)
                return .problem(id: outcome.id, problem)
            }
            guard let event = try? Event(parsing: response.body) else {
                let problem = RequestProblem(status: 200, title: "the answer is no event")
                return .problem(id: outcome.id, problem)
            }
            return .answer(
                Answer(
                    id: outcome.id, event: event, roundTripNanoseconds: outcome.at.nanoseconds(since: sent.at),
                    sentWallNanoseconds: sent.wallNanoseconds))
        }
    }

    func expire(now: MonotonicInstant, timeoutMilliseconds: UInt64) -> [String] {
        let late = pending.filter { now.milliseconds(since: $0.value.at) >= timeoutMilliseconds }.keys.sorted()
        for id in late { pending[id] = nil }
        return late
    }

    func drop() -> Bool { false }

    func close() {}
}
