import Configuration
import Program
import Reactor
import Sessions
import Telemetry
import TierSecurity

/// public-web as a program of its own.
public struct PublicWebProgram: RunningProgram {
    public static let service = "public-web"

    public static let settings =
        [
            Setting("host", .text, default: "127.0.0.1", "The public listener's address."),
            Setting("port", .integer(0...65_535), default: "8080", "The public listener's port; 0 takes a free one."),
            Setting("internal-host", .text, default: "127.0.0.1", "The internal listener's address, for dispatchers."),
            Setting("internal-port", .integer(0...65_535), default: "8081", "The internal listener's port."),
            Setting(
                "internal-url", .text, "Where dispatchers reach the internal listener, if not at its host and port."),
            Setting("dispatcher-url", .text, default: "http://127.0.0.1:8082", "Where events are forwarded to."),
            Setting("loops", .integer(0...64), default: "0", "Event loops; 0 is one per core."),
            Setting(
                "echo-path", .text, "A WebSocket path that echoes messages, for conformance suites; off without it."),
            Setting(
                "tls-cert", .text, "The public listener's certificate chain, a PEM file; makes it wss:// and https://."),
            Setting("tls-key", .text, "The certificate's key, a PEM file."),
            Setting(
                "tls-client-ca", .text,
                """
                Who may sign clients' certificates, a PEM file: the public listener asks for one. Without tokens its subject \
                is who the client is.
                """),
            Setting(
                "tls-client", .choice(["required", "optional"]), default: "required",
                """
                With --tls-client-ca: whether a connection without a certificate is refused at once. With tokens, required \
                asks for both, and optional for either.
                """),
            Setting(
                "drain-seconds", .integer(0...3600), default: "5", "How long pending answers are waited for at the end."
            ),
            Setting(
                "message-max", .bytes, default: "64KiB", "The largest WebSocket message or HTTP body: 3MiB at most."),
            Setting(
                "in-flight-max", .integer(1...65_536), default: "1024", "Events of a session that may wait for answers."
            ),
            Setting("deadline", .duration, default: "30s", "How long an answer is waited for, unless the event says."),
            Setting(
                "dispatcher-wait", .duration, default: "5s", "How long an event waits for a dispatcher that is away."),
            Setting("ping-interval", .duration, default: "25s", "A client is pinged after so much silence."),
            Setting(
                "pong-timeout", .duration, default: "10s", "A client that is silent so long after a ping is let go."),
            Setting(
                "sessions-max", .integer(1...10_000_000), default: "200000", "Sessions, with a connection and without."),
            Setting("session-linger", .duration, default: "120s", "How long a session outlives its connection."),
            Setting(
                "replay-events", .integer(1...100_000), default: "1000", "Events a session keeps to be sent again."),
            Setting(
                "replay-bytes", .bytes, default: "1MiB", "Bytes of events that a session keeps; at most --output-max."),
            Setting("replay-age", .duration, default: "120s", "How long a session keeps an event."),
            Setting("replay-total", .bytes, default: "512MiB", "Bytes of events that all sessions keep together."),
            Setting("output-soft", .bytes, default: "256KiB", "A client with more waiting output for 10 s is let go."),
            Setting("output-max", .bytes, default: "1MiB", "A client with more waiting output is let go at once."),
        ] + TierSettings.settings + AccessSettings.settings

    private let server: PublicWebServer

    public static func start(
        _ settings: Configuration, _ instrumentation: Instrumentation
    ) throws -> PublicWebProgram {
        PublicWebProgram(
            server: try PublicWebServer.start(
                try configuration(settings), logger: instrumentation.logger, registry: instrumentation.registry,
                tracer: instrumentation.tracer))
    }

    public static func configuration(_ settings: Configuration) throws(SettingsProblem) -> PublicWebConfiguration {
        var result = PublicWebConfiguration()
        result.host = settings.text("host")
        result.port = UInt16(clamping: settings.integer("port"))
        result.internalHost = settings.text("internal-host")
        result.internalPort = UInt16(clamping: settings.integer("internal-port"))
        if let url = settings.optionalText("internal-url") {
            result.internalURL = try TierSettings.url(url, of: "internal-url")
        }
        if let url = settings.optionalText("dispatcher-url") {
            result.dispatcherURL = try TierSettings.url(url, of: "dispatcher-url")
        }
        result.internalSecret = try TierSettings.secret(settings)
        result.tierTLS = try TierSettings.tls(settings)
        let loops = settings.integer("loops")
        result.loops = loops > 0 ? loops : max(1, min(64, Machine.processorCount))
        result.echoPath = settings.optionalText("echo-path")
        result.tlsCertificateFile = settings.optionalText("tls-cert")
        result.tlsKeyFile = settings.optionalText("tls-key")
        result.tlsClients = settings.optionalText("tls-client-ca").map {
            TLSClientVerification(authoritiesFile: $0, isRequired: settings.text("tls-client") == "required")
        }
        result.drainMilliseconds = UInt64(settings.integer("drain-seconds")) * 1000
        result.descriptorsMax = Machine.raiseDescriptorLimit()
        result.limits.messageBytesMax = settings.integer("message-max")
        result.limits.inFlightPerSessionMax = settings.integer("in-flight-max")
        result.limits.requestDeadlineMilliseconds = UInt64(settings.integer("deadline"))
        result.limits.dispatcherWaitMilliseconds = UInt64(settings.integer("dispatcher-wait"))
        result.limits.pingIntervalMilliseconds = UInt64(settings.integer("ping-interval"))
        result.limits.pongTimeoutMilliseconds = UInt64(settings.integer("pong-timeout"))
        result.limits.sessions = sessionLimits(settings, loops: result.loops)
        try AccessSettings.read(settings, into: &result)
        try check(result)
        return result
    }

    private static func sessionLimits(_ settings: Configuration, loops: Int) -> SessionLimits {
        var limits = SessionLimits()
        limits.sessionsMax = max(settings.integer("sessions-max") / loops, 1)
        limits.lingerMilliseconds = UInt64(settings.integer("session-linger"))
        limits.replayEventsMax = settings.integer("replay-events")
        limits.replayBytesMax = settings.integer("replay-bytes")
        limits.replayMilliseconds = UInt64(settings.integer("replay-age"))
        limits.replayTotalBytesMax = settings.integer("replay-total") / loops
        limits.outputSoftBytesMax = settings.integer("output-soft")
        limits.outputHardBytesMax = settings.integer("output-max")
        limits.outputWindowBytes = min(limits.outputWindowBytes, max(limits.outputSoftBytesMax / 2, 1))
        return limits
    }

    private static func check(_ configuration: PublicWebConfiguration) throws(SettingsProblem) {
        guard (configuration.tlsCertificateFile == nil) == (configuration.tlsKeyFile == nil) else {
            throw SettingsProblem("--tls-cert and --tls-key belong together")
        }
        guard configuration.tlsClients == nil || configuration.tlsKeyFile != nil else {
            throw SettingsProblem("--tls-client-ca means nothing without --tls-cert and --tls-key")
        }
        if let path = configuration.echoPath, !path.hasPrefix("/") || ["/ws", "/livez", "/readyz"].contains(path) {
            throw SettingsProblem("--echo-path begins with / and is none of the gateway's own paths")
        }
        let sessions = configuration.limits.sessions
        guard sessions.outputHardBytesMax >= sessions.replayBytesMax else {
            throw SettingsProblem("--output-max is at least --replay-bytes: what is sent again is output, too")
        }
        // With what the tiers add, an answer that repeats it goes through all of them.
        guard configuration.limits.messageBytesMax <= 3 << 20 else {
            throw SettingsProblem("--message-max is at most 3MiB")
        }
    }

    /// For `--check-config`: throws what is wrong, also with the files, and returns what should be better.
    public static func check(_ settings: Configuration) throws -> [String] {
        let configuration = try configuration(settings)
        let security = try PublicWebServer.security(of: configuration)
        let certificates = [
            (security.tls, configuration.tlsCertificateFile),
            (security.tier.server, configuration.tierTLS.certificateFile),
        ]
        return TierSettings.warnings(configuration.internalSecret)
            + certificates.compactMap { context, file in
                context.flatMap { CertificateWatch.warning($0, file: file ?? "") }
            }
    }

    public var announcement: String {
        """
        {"program":"\(Self.service)","pid":\(ProcessID.current),"public":"\(server.publicURL)",\
        "internal":"\(server.internalURL)"}
        """
    }

    public func stop() { server.stop() }

    public func reload(_ settings: Configuration) throws { try server.reload(try Self.configuration(settings)) }
}
