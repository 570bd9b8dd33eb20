import Broker
import CloudEvents
import Core

/// One event of a message among the dead letters. A message that holds no events counts as one without an id.
struct DeadLetter {
    let message: DeliveredMessage
    /// Nil if the message's body is none.
    let event: Event?
    let death: DeathRecord?

    /// All of a message.
    static func all(of message: DeliveredMessage) -> [DeadLetter] {
        var events: [Event] = []
        let isWhole = message.body.withUnsafeBytes { bytes in
            (try? EventBatch.forEach(bytes, rules: .strict) { events.append(Event(copying: $0, from: bytes)) }) != nil
        }
        guard isWhole, !events.isEmpty else { return [DeadLetter(message: message, event: nil, death: message.death)] }
        return events.map { DeadLetter(message: message, event: $0, death: message.death) }
    }

    var id: String? { event?.id }
    var type: String? { event?.type }
    var session: String? { event?.correlationID }
    var bytes: [UInt8] { event?.bytes ?? message.body }

    /// Of the event, or of what it answers.
    func has(id: String) -> Bool { event?.id == id || event?.causationID == id }

    /// `00-<trace id>-<span id>-<flags>` (W3C Trace Context).
    var traceID: String? {
        let parts = (event?.string(.traceparent) ?? message.traceparent)?.split(separator: "-") ?? []
        return parts.count >= 4 && parts[1].utf8.count == 32 ? String(parts[1]) : nil
    }

    var diedAt: String? { death.flatMap { Self.time($0.timeSeconds) } }
    var publishedAt: String? { message.timestampSeconds.flatMap { Self.time($0) } }

    /// RFC 3339; nil for a time that can't be, or that nobody told.
    private static func time(_ seconds: UInt64) -> String? {
        let (nanoseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard seconds > 0, !isTooLarge else { return nil }
        return String(RFC3339.text(wallNanoseconds: nanoseconds).prefix(19)) + "Z"
    }

    /// The event as it is published again.
    /// - Parameter lifetimeSeconds: from now until its `expirytime`; 0 leaves that as it is.
    func replayed(lifetimeSeconds: Int, wallNanoseconds: UInt64 = SystemClock.wallNanoseconds()) -> [UInt8] {
        guard let event, lifetimeSeconds > 0 else { return bytes }
        let expiry = wallNanoseconds + UInt64(lifetimeSeconds) * 1_000_000_000
        var output: [UInt8] = []
        event.bytes.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else { return }
            envelope.appendRewritten(from: bytes, dropping: .expirytime, to: &output) { writer in
                writer.time("expirytime", wallNanoseconds: expiry)
            }
        }
        // With one member more it may be no event any more.
        return (try? Event(parsing: output)) == nil ? bytes : output
    }

    /// For the broker's tools.
    var metadata: EventMetadata {
        EventMetadata(
            messageID: event?.id, correlationID: event?.correlationID, type: event?.type,
            timestampSeconds: message.timestampSeconds, traceparent: event?.string(.traceparent),
            tracestate: event?.string(.tracestate), baggage: event?.string(.baggage))
    }
}
