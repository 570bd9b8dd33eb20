import Core
import Glibc
import HTTP1
import JSON
import Reactor
import Telemetry

/// HTTP/1.1 on one event loop: accepts connections, parses requests, hands them to a router.
///
/// It belongs to its loop's thread.
public final class HTTPServer {
    /// Connections over the budget that are told so (503) at the same time; any further one is closed without a word.
    private static let refusalsAtOnceMax = 64

    let loop: EventLoop
    let limits: HTTPLimits
    let timeouts: HTTPTimeouts
    let router: HTTPRouter
    private let name: String
    private var tls: TLSContext?
    private let budget: ConnectionBudget
    private let metrics: MetricsRegistry
    /// Told of every problem that a client is answered with.
    public var problemTold: ((ProblemKind) -> Void)?
    /// Header fields that go with the answer to a request; nil for none.
    public var answering: ((RequestHead) -> [(name: StaticString, value: String)]?)?
    /// Is given each OPTIONS request to a path that answers to other methods, which it is told. False leaves it to the
    /// router.
    public var options: ((_ head: RequestHead, _ allow: String, HTTPExchange) -> Bool)?
    /// Looks at each request before its handler; nil if it may go there.
    public var refusing: ((RequestHead) -> Problem?)?
    /// Makes the spans of requests to traced routes.
    public var tracer = Tracer.disabled
    var random = RandomSource()
    var pendingBodies: PendingBodies
    private var listener: Listener?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var responses: [Int: Counter] = [:]
    private var durations: RequestDurations
    private let refusals = RefusalCount()
    private let refusedBudget: Counter
    private let refusedDescriptors: Counter
    /// Answers close their connections, and idle connections are closed.
    public private(set) var isDraining = false

    /// - Parameter name: of the listener, as a metric label: `public` or `internal`.
    public init(
        loop: EventLoop, name: String, limits: HTTPLimits, timeouts: HTTPTimeouts = HTTPTimeouts(), router: HTTPRouter,
        tls: TLSContext?, budget: ConnectionBudget, metrics: MetricsRegistry
    ) {
        self.loop = loop
        self.name = name
        self.limits = limits
        self.timeouts = timeouts
        self.router = router
        self.tls = tls
        self.budget = budget
        self.metrics = metrics
        durations = RequestDurations(metrics: metrics, isTLS: tls != nil)
        pendingBodies = PendingBodies(
            bytesMax: limits.bodiesBytesMax,
            gauge: metrics.gauge(
                "switchboard_http_bodies_bytes", "Of request bodies that did not come in one piece, so far",
                labels: [("listener", name)]))
        func refused(_ reason: String) -> Counter {
            metrics.counter(
                "switchboard_connections_refused_total",
                "Connections that were over the limit, and times that there was no descriptor for those that waited",
                labels: [("listener", name), ("reason", reason)])
        }
        refusedBudget = refused("connections")
        refusedDescriptors = refused("descriptors")
    }

    public func listen(on socket: ListeningSocket) throws(SystemError) {
        let refused = refusedDescriptors
        listener = try Listener(loop: loop, socket: socket) {
            refused.add()
        } accept: { [weak self] fd in
            self?.accept(fd)
        }
    }

    /// No new connections; those that are between requests end now, the others with their answer.
    public func drain() {
        isDraining = true
        listener?.close()
        for connection in Array(connections.values) { connection.closeIfIdle() }
    }

    /// For connections from now on; those that are open stay as they are. Only with TLS from the start.
    public func replace(tls: TLSContext) {
        precondition(self.tls != nil, "the listener is in the clear")
        self.tls = tls
    }

    public var isEmpty: Bool { connections.isEmpty }

    /// Places that are kept for bodies on their way.
    package var bodiesQueued: Int { pendingBodies.queued }

    var isTLS: Bool { tls != nil }

    /// Takes a connected socket over.
    func accept(_ fd: CInt) {
        guard budget.take() else {
            refusedBudget.add()
            return refuse(fd)
        }
        let connection = HTTPConnection(server: self)
        let channel: Channel
        do throws(SystemError) {
            channel = try Channel.make(loop: loop, fd: fd, tls: tls, handler: connection)
        } catch {
            budget.release()
            return
        }
        connections[ObjectIdentifier(connection)] = connection
        channel.owner = budget
        connection.begin(on: channel)
    }

    private func refuse(_ fd: CInt) {
        guard refusals.count < Self.refusalsAtOnceMax, tls == nil else {
            close(fd)
            return
        }
        let handler = RefusingHandler()
        guard let channel = try? Channel.make(loop: loop, fd: fd, tls: nil, handler: handler) else { return }
        refusals.count += 1
        channel.owner = refusals
        let problem = Problem(.overloaded, "Too many connections are open.", retryAfterSeconds: 1)
        var body: [UInt8] = []
        problem.appendJSON(instance: nil, traceID: nil, to: &body)
        channel.write { output in
            body.withUnsafeBytes {
                ResponseEncoder.append(
                    status: 503, headers: [("Content-Type", "application/problem+json"), ("Retry-After", "1")],
                    body: $0,
                    keepAlive: false, to: &output)
            }
        }
        channel.closeAfterFlush()
    }

    func ended(_ connection: HTTPConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Also for those who answer on a connection that they took over.
    public func record(_ timing: RequestTiming, status: Int, context: TraceContext? = nil) {
        durations.record(timing, status: status, context: context)
    }

    /// Also for those who answer on a connection that they took over.
    public func countResponse(status: Int) {
        if let counter = responses[status] { return counter.add() }
        let counter = metrics.counter(
            "switchboard_http_responses_total", "HTTP responses by listener and status",
            labels: [("listener", name), ("status", String(status))])
        responses[status] = counter
        counter.add()
    }
}
