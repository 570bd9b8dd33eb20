import CloudEvents
import Core
import EventTracing
import JSON
import Telemetry

/// An event for a client, where it stands in what the dispatcher sent.
struct Delivery {
    let envelope: EventEnvelope
    let bytes: UnsafeRawBufferPointer
    /// Of the push, if it is recorded: what the client's copy carries.
    var context = TraceContext.none

    func value(_ member: EventEnvelope.Member) -> UnsafeRawBufferPointer? { envelope.value(member, in: bytes) }

    func append(
        dropping: EventEnvelope.Members, to output: inout [UInt8], adding: (inout MemberWriter) -> Void
    ) {
        envelope.appendRewritten(from: bytes, context: context, dropping: dropping, to: &output, adding: adding)
    }

    var isError: Bool { value(.type)?.equals(ErrorEvent.type) == true }

    /// What an event of type `switchboard.error` tells in its `data`; nil for any other event.
    var problem: Problem? {
        guard isError else { return nil }
        let data = value(.data).flatMap { try? JSONValue.parse(Array($0)) }
        let name = data?["type"]?.string?.split(separator: ":").last.map(String.init) ?? ""
        return Problem(
            ProblemKind(rawValue: name) ?? .listenerFailed,
            data?["detail"]?.string ?? "The service failed on the event.")
    }
}
