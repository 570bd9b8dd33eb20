import Core
import Telemetry

/// `messaging.client.operation.duration` and `messaging.process.duration` of one destination (semantic conventions for
/// messaging). From any thread.
public struct MessagingDurations: Sendable {
    private let sent: [PublishOutcome: Histogram]
    private let processed: Histogram

    /// - Parameters:
    ///   - exchange: that is published to.
    ///   - queue: that is consumed.
    public init(registry: MetricsRegistry, exchange: String, queue: String) {
        sent = Dictionary(
            uniqueKeysWithValues: PublishOutcome.allCases.map { outcome in
                var labels = [
                    ("messaging.system", "rabbitmq"), ("messaging.operation.name", "send"),
                    ("messaging.destination.name", exchange),
                ]
                if outcome != .confirmed { labels.append(("error.type", outcome.rawValue)) }
                return (
                    outcome,
                    registry.histogram(
                        "messaging.client.operation.duration", "From handing events to the broker to its confirm",
                        labels: labels, bounds: Histogram.shortBounds)
                )
            })
        processed = registry.histogram(
            "messaging.process.duration", "From taking events from the broker to the end of the work on them",
            labels: [
                ("messaging.system", "rabbitmq"), ("messaging.operation.name", "process"),
                ("messaging.destination.name", queue),
            ], bounds: Histogram.shortBounds)
    }

    public func sent(_ outcome: PublishOutcome, since beganAt: MonotonicInstant) {
        sent[outcome]?.record(nanoseconds: SystemClock.monotonic().nanoseconds(since: beganAt))
    }

    public func processed(since beganAt: MonotonicInstant) {
        processed(nanoseconds: SystemClock.monotonic().nanoseconds(since: beganAt))
    }

    public func processed(nanoseconds: UInt64) { processed.record(nanoseconds: nanoseconds) }
}
