import Core
import HTTP1
import HTTPServer
import JSON
import Telemetry
import TraceStore

/// The store and its routes; on the loop's thread.
final class CollectorHome {
    private static let tracesMax = 1000
    private static let tracesDefault = 50

    private var store: TraceStore
    private let metrics: CollectorMetrics

    init(limits: TraceStoreLimits, registry: MetricsRegistry) {
        store = TraceStore(limits: limits)
        metrics = CollectorMetrics(registry, limits: limits)
    }

    func router(_ registry: MetricsRegistry) -> HTTPRouter {
        var router = HTTPRouter()
        for signal in OTLPSignal.allCases {
            router.add(.post, "/v1/\(signal.rawValue)") { self.receive($0, $1, signal) }
        }
        router.add(.get, "/traces") { self.list($0, $1) }
        router.add(.get, "/traces/{id}") { self.find($0, $1) }
        router.add(.get, "/livez") { $1.respond(json: Array("{\"status\":\"ok\"}".utf8)) }
        router.add(.get, "/metrics") { $1.respond(registry, to: $0) }
        return router
    }

    // MARK: Taking

    private func receive(_ request: HTTPRequest, _ exchange: HTTPExchange, _ signal: OTLPSignal) {
        if let problem = Self.mediaProblem(request.head.headers) {
            metrics.refusedRequests.add()
            return exchange.respond(
                problem, headers: [("Accept", "application/json"), ("Accept-Encoding", "identity")])
        }
        let batch: OTLPBatch
        do throws(JSONError) {
            batch = try OTLPDecoder.decode(request.body, [signal])
        } catch {
            metrics.refusedRequests.add()
            return exchange.respond(Problem(.malformedRequest, "The body is no OTLP in JSON: \(error)."))
        }
        let refused = store.add(batch, now: SystemClock.monotonic())
        metrics.update(store, rejected: batch.rejected)
        exchange.respond(json: Self.success(signal, rejected: batch.rejected + refused, batch.rejection, refused))
    }

    /// Nil if the body is JSON as it stands.
    private static func mediaProblem(_ headers: HeaderFields) -> Problem? {
        let type = headers.first("content-type")?.lowercased() ?? ""
        let media = type.prefix { $0 != ";" && $0 != " " }
        guard media == "application/json" else {
            let hint =
                media == "application/x-protobuf"
                ? "Protobuf is not read here, only JSON: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json in the sender."
                : "The body must be application/json (OTLP, protocol http/json)."
            return Problem(.unsupportedMediaType, hint)
        }
        let coding = headers.first("content-encoding")?.lowercased() ?? "identity"
        guard coding == "identity" || coding.isEmpty else {
            return Problem(
                .unsupportedMediaType,
                "Compressed bodies are not read here: set OTEL_EXPORTER_OTLP_COMPRESSION=none in the sender.")
        }
        return nil
    }

    /// An `Export…ServiceResponse`.
    private static func success(
        _ signal: OTLPSignal, rejected: UInt64, _ rejection: String?, _ refused: UInt64
    ) -> [UInt8] {
        guard rejected > 0 else { return Array("{}".utf8) }
        let name = signal == .traces ? "rejectedSpans" : "rejectedLogRecords"
        let why = [rejection, refused > 0 ? "a trace is full" : nil].compactMap { $0 }.joined(separator: "; ")
        var body: [UInt8] = []
        JSONValue.object([
            ("partialSuccess", .object([(name, .string("\(rejected)")), ("errorMessage", .string(why))]))
        ]).append(to: &body)
        return body
    }

    // MARK: Answering

    private func list(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let (last, slowest) = (request.head.queryItem("last"), request.head.queryItem("slowest"))
        guard last == nil || slowest == nil, let count = Self.count(slowest ?? last) else {
            return exchange.respond(
                Problem(.malformedRequest, "Either last or slowest, each with a number from 1 to \(Self.tracesMax)."))
        }
        let now = SystemClock.monotonic()
        let listing = slowest == nil ? store.last(count, now: now) : store.slowest(count, now: now)
        var body: [UInt8] = []
        listing.json.append(to: &body)
        exchange.respond(json: body)
    }

    private func find(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        guard let count = Self.count(request.head.queryItem("last")) else {
            return exchange.respond(Problem(.malformedRequest, "last is a number from 1 to \(Self.tracesMax)."))
        }
        guard let answer = store.find(request.parameter, max: count, now: SystemClock.monotonic()) else {
            return exchange.respond(
                Problem(.notFound, "No trace, event or session of that id is known; \(store.traceCount) traces are."))
        }
        var body: [UInt8] = []
        answer.append(to: &body)
        exchange.respond(json: body)
    }

    private static func count(_ text: String?) -> Int? {
        guard let text else { return tracesDefault }
        return Int(text).flatMap { (1...tracesMax).contains($0) ? $0 : nil }
    }
}

extension HTTPExchange {
    fileprivate func respond(json: [UInt8]) { respond(status: 200, contentType: "application/json", body: json) }
}
