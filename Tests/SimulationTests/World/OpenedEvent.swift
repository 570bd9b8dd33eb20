import CloudEvents
import Core
import JSON
import Sessions

/// What `switchboard.session.opened` tells a client.
struct OpenedEvent {
    let token: [UInt8]
    let handle: UInt64
    let isResumed: Bool
    let isRecovered: Bool
    let first: UInt64?
    let sequence: UInt64

    /// Nil if it does not have the form that the protocol says.
    init?(data: UnsafeRawBufferPointer) {
        guard let value = try? JSONValue.parse(Array(data)), let token = value["resumetoken"]?.string,
            let parsed = Array(token.utf8).withUnsafeBytes({ SessionToken($0) }),
            case .bool(let isResumed) = value["resumed"], case .bool(let isRecovered) = value["recovered"],
            let sequence = value["sequence"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        self.token = Array(token.utf8)
        handle = parsed.handle
        self.isResumed = isResumed
        self.isRecovered = isRecovered
        self.sequence = sequence
        first = value["first"]?.string.flatMap { UInt64($0) }
    }
}
