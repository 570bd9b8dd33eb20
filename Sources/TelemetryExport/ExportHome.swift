import Core
import HTTPClient
import Reactor
import Telemetry

/// All lanes of a process, on the exporter's loop.
final class ExportHome: TimerTarget {
    private let process: ProcessInstrumentation
    private let logger: Logger
    private let adjust: (inout ExportTiming) -> Void
    private unowned let loop: EventLoop
    private var transports: [String?: HTTPTransport] = [:]
    private var lanes: [ExportLane] = []
    private var sourcesSeen = 0
    private var isStopping = false
    private var lanesToFlush = 0
    private var flushTimer: EventLoop.Timer?

    init(
        process: ProcessInstrumentation, logger: Logger, loop: EventLoop, adjust: @escaping (inout ExportTiming) -> Void
    ) {
        self.process = process
        self.logger = logger
        self.loop = loop
        self.adjust = adjust
    }

    func receive(_ message: ExportMessage) {
        switch message {
        case .look:
            addLanes()
            for lane in lanes { lane.wake() }
        case .stop(let milliseconds): stop(milliseconds)
        }
    }

    func addLanes() {
        let sources = process.sources
        for source in sources.dropFirst(sourcesSeen) { addLanes(source) }
        sourcesSeen = sources.count
    }

    private func addLanes(_ source: TelemetrySource) {
        let encoder = OTLPEncoder(resource: source.resource, version: process.version)
        let settings = process.settings
        if let destination = settings.traces, let spans = source.spans {
            add(
                .traces, destination,
                QueueFeed(spans, signal: .traces, registry: source.registry, encode: encoder.encode))
        }
        if let destination = settings.logs, let logs = source.logs {
            add(.logs, destination, QueueFeed(logs, signal: .logs, registry: source.registry, encode: encoder.encode))
        }
        if let destination = settings.metrics {
            add(.metrics, destination, MetricsFeed(source.registry, encoder: encoder))
        }
    }

    private func add(_ signal: TelemetrySignal, _ destination: TelemetryDestination, _ feed: any ExportFeed) {
        var timing = ExportTiming(signal, process.settings)
        adjust(&timing)
        let lane = ExportLane(
            signal: signal, destination: destination, timing: timing, feed: feed,
            transport: transport(destination.certificateFile), logger: logger, loop: loop)
        lanes.append(lane)
        lane.start()
    }

    /// One for all that trust the same authorities.
    private func transport(_ certificateFile: String?) -> HTTPTransport {
        if let known = transports[certificateFile] { return known }
        let policy = ConnectionPolicy(certificateAuthoritiesFile: certificateFile, usesProxy: false)
        let transport = HTTPTransport(loop: loop, policy: policy)
        transports[certificateFile] = transport
        return transport
    }

    private func stop(_ milliseconds: Int) {
        guard !isStopping else { return }
        isStopping = true
        addLanes()
        flushTimer = loop.schedule(self, kind: 0, afterMilliseconds: UInt64(max(0, milliseconds)))
        lanesToFlush = lanes.count
        if lanes.isEmpty { return end() }
        for lane in lanes {
            lane.flush { [weak self] in
                guard let self else { return }
                lanesToFlush -= 1
                if lanesToFlush == 0 { end() }
            }
        }
    }

    /// The time for flushing is over.
    func timerFired(kind: Int) {
        for lane in lanes { lane.abandon() }
        end()
    }

    private func end() {
        loop.cancel(&flushTimer)
        loop.stop()
    }
}
