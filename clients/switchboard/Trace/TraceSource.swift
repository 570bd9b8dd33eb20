import Core
import HTTP1
import HTTPClient
import JSON
import Telemetry
import TraceStore

/// Asks a receiver for traces, and public-web for timelines.
final class TraceSource {
    /// Nothing to be had, and why.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let timeoutMilliseconds = 5000
    private static let timelineTimeoutMilliseconds = 2000
    private static let answerBytesMax = 256 << 20

    private let options: TraceOptions
    private let receiver: BlockingRequest
    private let publicWeb: BlockingRequest

    init(_ options: TraceOptions) {
        self.options = options
        func request(_ endpoint: Endpoint) -> BlockingRequest {
            BlockingRequest(policy: ConnectionPolicy(usesProxy: !LoopbackAddress.contains(endpoint.host)))
        }
        receiver = request(options.from)
        publicWeb = request(options.events)
    }

    /// - Returns: the body too, as it came. Nil if the id is unknown.
    func find(_ id: String) throws(Failure) -> (answer: TraceAnswer, body: [UInt8])? {
        guard let body = try get("/traces/\(PercentEncoding.encode(id.utf8))") else { return nil }
        guard let answer = TraceAnswer(parsing: body) else { throw notOurs }
        return (answer, body)
    }

    func list(_ query: String) throws(Failure) -> (listing: TraceListing, body: [UInt8]) {
        guard let body = try get("/traces?\(query)"), let json = try? JSONValue.parse(body),
            let listing = TraceListing(json)
        else { throw notOurs }
        return (listing, body)
    }

    private var notOurs: Failure {
        Failure(
            description: "\(options.from.httpURL) does not answer as `switchboard dev` and `switchboard collect` do: "
                + "is another collector there?")
    }

    private func get(_ path: String) throws(Failure) -> [UInt8]? {
        let url = options.from.httpURL
        let response: ClientResponse
        do throws(ClientError) {
            response = try receiver.perform(
                ClientRequest(
                    .get, url: url + path, timeoutMilliseconds: Self.timeoutMilliseconds,
                    responseBytesMax: Self.answerBytesMax))
        } catch {
            throw Failure(
                description: "nothing that keeps traces answers at \(url) (\(error.text)): start `switchboard dev`, or "
                    + "`switchboard collect`, or say where it is with --from URL")
        }
        let json = response.status == 200 ? nil : try? JSONValue.parse(response.body)
        if response.status == 404, json?["type"]?.string == ProblemKind.notFound.type { return nil }
        guard response.status == 200 else {
            guard json?["type"] != nil else { throw notOurs }
            throw Failure(description: "\(url): \(RequestProblem(json, status: response.status))")
        }
        return response.body
    }

    /// To look at traces must not make any: the next `--last` would show it.
    private static var unsampled: String {
        RandomSource.withShared { random in
            TraceContext(
                traceIDHigh: random.next(), traceIDLow: random.next() | 1, spanID: random.next() | 1, flags: 0
            ).traceparent
        }
    }

    /// Of the first of the ids that public-web knows, in one of the sessions or in none.
    func timeline(_ ids: [String], sessions: [String]) -> EventTimelineText? {
        for id in ids {
            for session in sessions.map(Optional.some) + [nil] {
                let query = session.map { "?correlationid=" + PercentEncoding.encode($0.utf8) } ?? ""
                let token = options.token.headerLine
                let request = ClientRequest(
                    .get, url: "\(options.events.httpURL)/events/\(PercentEncoding.encode(id.utf8))\(query)",
                    headerLines: ["traceparent: \(Self.unsampled)"] + (token.isEmpty ? [] : [String(token.dropLast())]),
                    timeoutMilliseconds: Self.timelineTimeoutMilliseconds)
                // Without public-web there is no timeline, and the trace is shown all the same.
                guard let response = try? publicWeb.perform(request) else { return nil }
                if response.status == 200, let timeline = EventTimelineText(response.body) { return timeline }
            }
        }
        return nil
    }
}
