import CloudEvents
import Core
import Telemetry

/// The trace that an event came with.
public struct EventTrace: Sendable {
    /// `none` if the event has no valid one.
    public let parent: TraceContext
    public let traceState: String?

    public init(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, _ tracer: Tracer) {
        parent = tracer.extract(envelope.value(.traceparent, in: bytes))
        // Only sampled events look at it; for all others it goes on as it stands.
        traceState = parent.isValid && tracer.records(parent) ? envelope.string(.tracestate, in: bytes) : nil
    }

    /// As above; if the event says nothing, what the headers of its message say.
    /// - Parameter headers: nil if the message holds several events: its headers are of one of them only.
    public init(
        _ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, _ tracer: Tracer,
        headers: (traceparent: String?, tracestate: String?)?
    ) {
        let own = EventTrace(envelope, in: bytes, tracer)
        guard !own.parent.isValid, let headers, let text = headers.traceparent else {
            self = own
            return
        }
        var traceparent = text
        parent = traceparent.withUTF8 { tracer.extract(UnsafeRawBufferPointer($0)) }
        traceState = parent.isValid ? headers.tracestate : nil
    }
}

extension EventEnvelope {
    /// The event again with one hop more in its `servertiming`, and with the context of the span that it goes out of.
    /// - Parameter context: goes into `traceparent`, if it is valid.
    public func append(
        from bytes: UnsafeRawBufferPointer, context: TraceContext, addingHop name: String, nanoseconds: UInt64,
        to output: inout [UInt8]
    ) {
        guard context.isValid || isNull(.servertiming) else {
            return ServerTimings.appendEvent(
                bytes.slice(extent), value: valueRange(.servertiming), adding: name, nanoseconds: nanoseconds,
                to: &output)
        }
        appendRewritten(from: bytes, context: context, dropping: .servertiming, to: &output) { writer in
            writer.rawString("servertiming") {
                ServerTimings.append(
                    to: value(.servertiming, in: bytes), adding: name, nanoseconds: nanoseconds, to: &$0)
            }
        }
    }

    /// The event again, with the context of the span that it goes out of.
    /// - Parameter context: goes into `traceparent`, if it is valid.
    public func appendRewritten(
        from bytes: UnsafeRawBufferPointer, context: TraceContext, dropping: Members = [], to output: inout [UInt8],
        adding: (inout MemberWriter) -> Void = { _ in }
    ) {
        var dropping = dropping
        if context.isValid { dropping.insert(.traceparent) }
        appendRewritten(from: bytes, dropping: dropping, to: &output) { writer in
            adding(&writer)
            if context.isValid { writer.rawString("traceparent") { context.append(to: &$0) } }
        }
    }
}

extension Event {
    /// The event with the context of the span that it belongs to. - Parameter context: `none` leaves it as it is.
    public func carrying(_ context: TraceContext) -> Event {
        context.isValid ? replacingTraceparent { context.append(to: &$0) } : self
    }
}
