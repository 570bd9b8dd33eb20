import Core
import Sessions

/// `switchboard.session.opened`: the first that a connection is sent.
enum SessionOpenedEvent {
    static func make(_ session: Session, _ details: SessionOpening.Details, home: PublicWebLoop) -> [UInt8] {
        let limits = home.shared.limits
        var event: [UInt8] = []
        event.reserveCapacity(700)
        event.append("{\"specversion\":\"1.0\",\"id\":\"")
        UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &home.random).append(to: &event)
        event.append(
            "\",\"source\":\"/switchboard/public-web\",\"type\":\"switchboard.session.opened\",\"correlationid\":\"")
        session.correlationID.append(to: &event)
        event.append("\",\"datacontenttype\":\"application/json\",\"data\":{\"correlationid\":\"")
        session.correlationID.append(to: &event)
        event.append("\",\"resumetoken\":\"")
        home.sessions.token(of: session).append(to: &event)
        event.append("\",\"resumed\":")
        event.append(details.isResumed ? "true" : "false")
        event.append(",\"recovered\":")
        event.append(details.isRecovered ? "true" : "false")
        if let first = details.first {
            event.append(",\"first\":\"")
            event.append(decimal: first, width: 16)
            event.append("\"")
        }
        event.append(",\"sequence\":\"")
        event.append(decimal: session.sequence, width: 16)
        event.append("\",\"limits\":")
        event.append(contentsOf: home.sessionLimits)
        event.append(",\"heartbeatseconds\":")
        event.append(decimal: limits.pingIntervalMilliseconds / 1000)
        event.append(",\"instance\":\"")
        event.append(utf8: home.shared.instanceName)
        event.append("\"}}")
        return event
    }

    /// What each of these events tells of the gateway's limits, which do not change.
    static func limits(_ limits: PublicWebLimits) -> [UInt8] {
        let numbers: [(StaticString, UInt64)] = [
            ("messagebytes", UInt64(limits.messageBytesMax)), ("inflight", UInt64(limits.inFlightPerSessionMax)),
            ("deadlineseconds", limits.requestDeadlineMilliseconds / 1000),
            ("replayevents", UInt64(limits.sessions.replayEventsMax)),
            ("replaybytes", UInt64(limits.sessions.replayBytesMax)),
            ("replayseconds", limits.sessions.replayMilliseconds / 1000),
            ("lingerseconds", limits.sessions.lingerMilliseconds / 1000),
        ]
        var text: [UInt8] = []
        for (position, number) in numbers.enumerated() {
            text.append(position == 0 ? "{\"" : ",\"")
            text.append(number.0)
            text.append("\":")
            text.append(decimal: number.1)
        }
        text.append("}")
        return text
    }
}
