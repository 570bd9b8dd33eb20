import Core
import Reactor
import Telemetry

/// Tells when a listener's certificate expires: as a metric, and in the log once a day when there is little time left. It
/// belongs to its loop's thread.
public final class CertificateWatch: TimerTarget {
    public static let warningDays = 14
    private static let lookMilliseconds: UInt64 = 3_600_000
    private static let secondsPerDay: Int64 = 86_400

    private unowned let loop: EventLoop
    private let listener: String
    private let logger: Logger
    private let gauge: Gauge
    private var expirySeconds: Int64
    private var warnedSeconds: Int64?

    /// - Parameter listener: its name, `public` or `internal`.
    public init(loop: EventLoop, listener: String, logger: Logger, registry: MetricsRegistry, _ context: TLSContext) {
        self.loop = loop
        self.listener = listener
        self.logger = logger
        gauge = registry.gauge(
            "switchboard_tls_certificate_expiry", "When a listener's certificate expires, in Unix time", unit: "s",
            labels: [("listener", listener)])
        expirySeconds = context.expirySeconds
        replace(context)
        setTimer()
    }

    public func replace(_ context: TLSContext) {
        expirySeconds = context.expirySeconds
        gauge.set(expirySeconds)
        warnedSeconds = nil
        look()
    }

    private func setTimer() { _ = loop.schedule(self, kind: 0, afterMilliseconds: Self.lookMilliseconds) }

    public func timerFired(kind: Int) {
        look()
        setTimer()
    }

    private func look() {
        let now = Self.now
        guard let warning = Self.warning(expirySeconds, now: now) else { return }
        if let warnedSeconds, now - warnedSeconds < Self.secondsPerDay { return }
        warnedSeconds = now
        logger.warning(
            "a certificate has to be renewed", ["listener": .string(listener), "reason": .string("it \(warning)")])
    }

    private static var now: Int64 { Int64(clamping: SystemClock.wallNanoseconds() / 1_000_000_000) }

    /// Nil if there is time enough.
    private static func warning(_ expirySeconds: Int64, now: Int64) -> String? {
        let left = expirySeconds - now
        if left <= 0 { return "has expired: clients refuse it" }
        return left < Int64(warningDays) * secondsPerDay ? "expires in \(left / secondsPerDay) days" : nil
    }

    /// For those who only check. - Parameter file: the certificate's.
    public static func warning(_ context: TLSContext, file: String) -> String? {
        warning(context.expirySeconds, now: now).map { "the certificate in \(file) \($0)" }
    }
}
