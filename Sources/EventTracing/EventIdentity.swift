import CloudEvents
import Core
import Telemetry

/// What an event is known by in spans and logs.
public struct EventIdentity: Sendable {
    /// Longer text is cut: spans and logs are no place for whole payloads.
    private static let scalarsMax = 256

    public let id: String
    public let type: String
    /// Empty for none.
    public let correlationID: String

    public init(id: String, type: String, correlationID: String) {
        self.id = Self.cut(id)
        self.type = Self.cut(type)
        self.correlationID = Self.cut(correlationID)
    }

    public init(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer) {
        self.init(
            id: envelope.string(.id, in: bytes) ?? "", type: envelope.string(.type, in: bytes) ?? "",
            correlationID: envelope.string(.correlationid, in: bytes) ?? "")
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= scalarsMax ? text : String(text.unicodeScalars.prefix(scalarsMax))
    }

    /// Of every span of the event (semantic conventions for CloudEvents).
    public var attributes: [SpanAttribute] {
        var attributes = [
            SpanAttribute("cloudevents.event_id", .string(id)), SpanAttribute("cloudevents.event_type", .string(type)),
        ]
        if !correlationID.isEmpty { attributes.append(SpanAttribute("correlation_id", .string(correlationID))) }
        return attributes
    }

    /// Of every log record of the event.
    public var fields: Logger.Fields {
        ["correlation_id": .string(correlationID), "event_id": .string(id), "event_type": .string(type)]
    }

    /// - Parameter reason: of a failure; nil if there was none.
    public func fields(reason: String?) -> Logger.Fields {
        guard let reason else { return fields }
        return [
            "correlation_id": .string(correlationID), "event_id": .string(id), "event_type": .string(type),
            "reason": .string(reason),
        ]
    }
}
