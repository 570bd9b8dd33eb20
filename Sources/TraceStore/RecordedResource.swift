/// Who recorded something: shared by all records of a request.
public final class RecordedResource: Sendable {
    public static let unknownService = "unknown_service"

    public let attributes: [RecordedAttribute]
    public let droppedAttributes: UInt64
    public let service: String
    /// What tells whether two records' times were read from one clock: the host, or if it is not said the service.
    public let clock: String
    /// What a record is charged for it: all but the little that it shares with many others.
    let byteCountCharged: Int
    private static let byteCountShared = 1024

    public init(attributes: [RecordedAttribute], droppedAttributes: UInt64 = 0) {
        self.attributes = attributes
        self.droppedAttributes = droppedAttributes
        func text(_ key: String) -> String? {
            guard case .string(let text)? = attributes[key], !text.isEmpty else { return nil }
            return text
        }
        service = text("service.name") ?? Self.unknownService
        clock = text("host.name") ?? text("host.id") ?? service
        byteCountCharged = max(0, attributes.byteCount - Self.byteCountShared)
    }
}

extension RecordedResource: Equatable {
    public static func == (left: RecordedResource, right: RecordedResource) -> Bool {
        left === right
            || (left.attributes == right.attributes && left.droppedAttributes == right.droppedAttributes)
    }
}
