/// A finished span, of whatever sender.
public struct RecordedSpan: Equatable, Sendable {
    /// The raw values are OTLP's.
    public enum Kind: Int, CaseIterable, Sendable {
        case unspecified, `internal`, server, client, producer, consumer
    }

    /// The raw values are OTLP's.
    public enum Status: Int, CaseIterable, Sendable { case unset, ok, error }

    /// Something that happened at one moment of a span.
    public struct Event: Equatable, Sendable {
        public var name = ""
        public var nanoseconds: UInt64 = 0
        public var attributes: [RecordedAttribute] = []
        public var droppedAttributes: UInt64 = 0

        public init() {}
    }

    /// A span, maybe of another trace, that this one has to do with.
    public struct Link: Equatable, Sendable {
        public var traceID: TraceID
        public var spanID: UInt64
        public var traceState = ""
        public var attributes: [RecordedAttribute] = []
        public var droppedAttributes: UInt64 = 0

        public init(traceID: TraceID, spanID: UInt64) {
            self.traceID = traceID
            self.spanID = spanID
        }
    }

    static let eventIDNames = ["cloudevents.event_id", "event_id", "messaging.message.id"]
    static let correlationIDNames = ["correlation_id", "messaging.message.conversation_id"]

    public let traceID: TraceID
    public let spanID: UInt64
    /// 0 for the first span of a trace.
    public var parentSpanID: UInt64 = 0
    public var traceState = ""
    public var name = ""
    public var kind = Kind.unspecified
    /// Since 1970, by the clock of `resource`.
    public var startNanoseconds: UInt64 = 0
    /// Never before the start.
    public var endNanoseconds: UInt64 = 0
    public var attributes: [RecordedAttribute] = []
    public var droppedAttributes: UInt64 = 0
    public var events: [Event] = []
    public var droppedEvents: UInt64 = 0
    public var links: [Link] = []
    public var droppedLinks: UInt64 = 0
    public var status = Status.unset
    public var statusMessage = ""
    public var scope = ""
    public var resource: RecordedResource

    public init(traceID: TraceID, spanID: UInt64, resource: RecordedResource) {
        self.traceID = traceID
        self.spanID = spanID
        self.resource = resource
    }

    public var durationNanoseconds: UInt64 { endNanoseconds - startNanoseconds }
    public var eventIDs: [String] { attributes.identifiers(Self.eventIDNames) }
    public var correlationIDs: [String] { attributes.identifiers(Self.correlationIDNames) }

    /// About what it takes in memory, its entries in the store's indexes included.
    var byteCount: Int {
        let fixed =
            512 + resource.byteCountCharged + name.utf8.count + traceState.utf8.count + statusMessage.utf8.count
            + scope.utf8.count
        let events = self.events.reduce(0) { $0 + 96 + $1.name.utf8.count + $1.attributes.byteCount }
        let links = self.links.reduce(0) { $0 + 96 + $1.traceState.utf8.count + $1.attributes.byteCount }
        return fixed + attributes.byteCount + events + links
    }
}
