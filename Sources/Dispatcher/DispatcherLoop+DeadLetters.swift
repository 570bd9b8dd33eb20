import Broker
import CloudEvents
import Core
import EventTracing
import Telemetry

/// Events that a service failed on for good: their clients are told.
extension DispatcherLoop {
    /// The error events that a dead letter's clients get, as if a service had answered with them. Nil if nobody is to be
    /// told: an expired event's client has its 504, and what the tiers parked there was answered, or is an answer.
    func errors(for letter: DeliveredMessage) -> DeliveredMessage? {
        guard let death = letter.death, death.queue != StandardTopology.responsesQueue,
            let detail = Self.detail(of: death)
        else { return nil }
        var errors: [UInt8] = [0x5B]
        func fail(_ event: Event) {
            shared.logger.error(
                "a service failed on an event for good; dead-lettered",
                [
                    "event_id": .string(event.id), "event_type": .string(event.type),
                    "correlation_id": .string(event.correlationID ?? ""), "queue": .string(death.queue),
                    "reason": .string(death.reason),
                ])
            shared.metrics.eventsDeadLettered.add()
            // Of others than the gateway's clients nobody knows where they are.
            guard event.has(.returnaddress) else { return }
            var data: [UInt8] = []
            Problem(.listenerFailed, detail).appendJSON(instance: nil, traceID: nil, to: &data)
            let answer = try? event.answer(
                type: "switchboard.error", source: "/switchboard/dispatcher", data: data,
                contentType: "application/problem+json", random: &random)
            guard let answer else { return }
            if errors.count > 1 { errors.append(0x2C) }
            errors += answer.bytes
        }
        letter.body.withUnsafeBytes { bytes in
            // Of what is no event nobody knows whose it is.
            try? EventBatch.forEach(bytes, rules: .strict) { fail(Event(copying: $0, from: bytes)) }
        }
        guard errors.count > 1 else { return nil }
        errors.append(0x5D)
        return letter.replacing(body: errors, contentType: ContentType.batch)
    }

    private static func detail(of death: DeathRecord) -> String? {
        switch death.reason {
        case "delivery_limit": "The service \(death.queue) failed on the event as often as it was tried."
        case "rejected": "The service \(death.queue) refused the event."
        default: nil
        }
    }
}
