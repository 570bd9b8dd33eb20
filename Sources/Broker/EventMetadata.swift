/// What a message's properties and headers say of its event. Text longer than 255 bytes is left out of the properties.
public struct EventMetadata: Equatable, Sendable {
    public var messageID: String?
    public var correlationID: String?
    public var type: String?
    /// Seconds since 1970-01-01T00:00:00Z.
    public var timestampSeconds: UInt64?
    public var traceparent: String?
    public var tracestate: String?
    public var baggage: String?
    /// How often the event came back already, as part of another message.
    public var earlierDeliveries: Int?
    /// Of a message that is parked among the dead letters by other hands than the broker's.
    public var death: DeathRecord?

    public init(
        messageID: String? = nil, correlationID: String? = nil, type: String? = nil, timestampSeconds: UInt64? = nil,
        traceparent: String? = nil, tracestate: String? = nil, baggage: String? = nil,
        earlierDeliveries: Int? = nil, death: DeathRecord? = nil
    ) {
        self.messageID = messageID
        self.correlationID = correlationID
        self.type = type
        self.timestampSeconds = timestampSeconds
        self.traceparent = traceparent
        self.tracestate = tracestate
        self.baggage = baggage
        self.earlierDeliveries = earlierDeliveries
        self.death = death
    }
}
