import CloudEvents
import Core
import JSON

/// What `switchboard.session.opened` says.
struct SessionOpening: Equatable {
    private static let tokenBytesMax = 4096
    private static let heartbeatSecondsRange = 1...86_400
    private static let inFlightRange = 1...65_536

    let correlationID: String
    /// Nil: the gateway can't resume a session.
    let resumeToken: String?
    /// It is the session that was asked for.
    let isResumed: Bool
    /// Everything after what was asked for follows.
    let isRecovered: Bool
    /// Of the last event that was numbered.
    let sequence: UInt64
    /// Of the first event that is still there.
    let first: UInt64?
    let heartbeatSeconds: UInt64?
    let inFlightMax: Int?
    let instance: String?

    /// Nil if it names no session.
    init?(_ event: Event) {
        let data = event.data.flatMap { try? JSONValue.parse($0) }
        guard let id = event.correlationID ?? data?["correlationid"]?.string, !id.isEmpty else { return nil }
        correlationID = id
        resumeToken = data?["resumetoken"]?.string.flatMap { token in
            (1...Self.tokenBytesMax).contains(token.utf8.count) ? token : nil
        }
        isResumed = data?["resumed"] == .bool(true)
        isRecovered = data?["recovered"] == .bool(true)
        sequence = data?["sequence"]?.string.flatMap(SequenceTracker.parse) ?? 0
        first = data?["first"]?.string.flatMap(SequenceTracker.parse)
        heartbeatSeconds = data?["heartbeatseconds"]?.integer.flatMap { seconds in
            Self.heartbeatSecondsRange.contains(seconds) ? UInt64(seconds) : nil
        }
        inFlightMax = data?["limits"]?["inflight"]?.integer.map { count in
            min(max(count, Self.inFlightRange.lowerBound), Self.inFlightRange.upperBound)
        }
        instance = data?["instance"]?.string
    }
}
