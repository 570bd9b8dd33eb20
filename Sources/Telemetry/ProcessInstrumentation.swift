import Core

/// Makes the instrumentation of the tiers of a process, and remembers it for the exporter.
public final class ProcessInstrumentation: Sendable {
    public let settings: TelemetrySettings
    public let version: String
    private let host: String
    private let processID: Int
    private let logLevel: LogLevel
    private let logFormat: LogFormat
    private let all = Mutex<[TelemetrySource]>([])
    private let wake = Mutex<(@Sendable () -> Void)?>(nil)

    public init(
        settings: TelemetrySettings, version: String, host: String, processID: Int, logLevel: LogLevel = .info,
        logFormat: LogFormat = .auto
    ) {
        self.settings = settings
        self.version = version
        self.host = host
        self.processID = processID
        self.logLevel = logLevel
        self.logFormat = logFormat
    }

    /// The first one is the program's own: it has the name that the environment gives.
    public func make(service: String) -> Instrumentation {
        let raise: @Sendable () -> Void = { [weak self] in self?.wake.withLock { $0 }?() }
        let spans = settings.traces.map { _ in
            TelemetryQueue<Span>(
                elementsMax: settings.spanBatches.queueMax, batchMax: settings.spanBatches.batchMax, wake: raise)
        }
        let logs = settings.logs.map { _ in
            TelemetryQueue<LogRecord>(
                elementsMax: settings.logBatches.queueMax, batchMax: settings.logBatches.batchMax, wake: raise)
        }
        let instance = RandomSource.withShared {
            UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &$0).text
        }
        let registry = MetricsRegistry()
        all.withLock { all in
            let resource = TelemetryResource(
                service: all.isEmpty ? settings.serviceName ?? service : service, version: version, instance: instance,
                host: host, processID: processID, given: settings.resourceAttributes)
            all.append(TelemetrySource(resource: resource, registry: registry, spans: spans, logs: logs))
        }
        // The exporter looks whether there is somebody new.
        raise()
        let logger = Logger(service: service, level: logLevel, format: logFormat, sink: logs)
        registry.counter("switchboard_log_lines_lost_total", "Log lines that standard error did not take") {
            Double(logger.lostLines)
        }
        return Instrumentation(
            logger: logger, registry: registry,
            tracer: Tracer(
                sampler: settings.sampler, spans: spans, propagatesTraceContext: settings.propagatesTraceContext,
                propagatesBaggage: settings.propagatesBaggage), process: self)
    }

    /// For the exporter's own trouble: nothing of it is exported.
    public func makeUnexportedLogger(service: String) -> Logger {
        Logger(service: service, level: logLevel, format: logFormat)
    }

    /// In the order of their making.
    public var sources: [TelemetrySource] { all.withLock { $0 } }

    /// - Parameter wake: called on any thread whenever a batch is full or there is a new source; it must not block.
    public func setWake(_ wake: @escaping @Sendable () -> Void) { self.wake.withLock { $0 = wake } }
}
