import Core
import JSON

/// `switchboard.error`: what a session is told when something fails.
public enum ErrorEvent {
    public static let type: StaticString = "switchboard.error"

    /// - Parameters:
    ///   - causationID: of the event that failed, raw as in its JSON.
    ///   - traceID: of the event that failed, if it is recorded.
    ///   - extra: writes further attributes.
    public static func append(
        problem: Problem, causationID: UnsafeRawBufferPointer?, correlationID: String?, source: String, id: UUIDv7,
        traceID: String? = nil, to output: inout [UInt8], extra: (inout MemberWriter) -> Void
    ) {
        output.append(0x7B)
        var writer = MemberWriter(taking: &output)
        writer.string("specversion", "1.0")
        writer.uuid("id", id)
        writer.string("source", source)
        writer.string("type", "switchboard.error")
        if let correlationID { writer.string("correlationid", correlationID) }
        if let causationID { writer.rawString("causationid", causationID) }
        extra(&writer)
        writer.string("datacontenttype", "application/problem+json")
        var data: [UInt8] = []
        problem.appendJSON(instance: nil, traceID: traceID, to: &data)
        data.withUnsafeBytes { writer.raw("data", $0) }
        writer.giveBack(to: &output)
        output.append(0x7D)
    }
}
