import CloudEvents
import Core
import JSON
import Telemetry

/// An answer, and how long it took.
struct Answer {
    /// The request's.
    let id: String
    let event: Event
    let roundTripNanoseconds: UInt64
    let sentWallNanoseconds: UInt64

    /// The time to the listener and back, by the answer's `receivedat`. Nil if the clocks of the two machines don't agree
    /// well enough for the sum to be the round trip.
    var legs: (thereNanoseconds: UInt64, backNanoseconds: UInt64)? {
        guard let data = event.data, let text = (try? JSONValue.parse(data))?["receivedat"]?.string else { return nil }
        let received = Array(text.utf8).withUnsafeBytes { RFC3339.parse($0) }
        guard let received, received >= sentWallNanoseconds else { return nil }
        let there = received - sentWallNanoseconds
        return there <= roundTripNanoseconds ? (there, roundTripNanoseconds - there) : nil
    }

    /// Of the trace that the gateway has sampled, and so can be looked up; nil for none.
    var traceID: String? {
        guard let text = event.string(.traceparent), let context = TraceContext(traceparent: text), context.isSampled
        else { return nil }
        return context.traceIDText
    }

    /// The time per tier that the answer carries: pairs of name and milliseconds.
    var tiers: [(name: String, milliseconds: Double)] {
        event.extension("servertiming").map(ServerTiming.parse) ?? []
    }

    /// `time=1.234 ms`, and where the time went, as far as is known.
    var timing: String {
        var text = "time=\(Decimals.milliseconds(nanoseconds: roundTripNanoseconds)) ms"
        for tier in tiers { text += " \(Printable.text(tier.name))=\(Decimals.milliseconds(tier.milliseconds))" }
        if tiers.isEmpty, let legs {
            text += " (to the listener \(Decimals.milliseconds(nanoseconds: legs.thereNanoseconds)),"
            text += " back \(Decimals.milliseconds(nanoseconds: legs.backNanoseconds)))"
        }
        return text
    }

    /// The same for programs.
    var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("milliseconds", .number(Decimals.milliseconds(nanoseconds: roundTripNanoseconds))),
        ]
        if let traceID { members.append(("traceid", .string(traceID))) }
        let tiers = tiers.map { ($0.name, JSONValue.number(Decimals.milliseconds($0.milliseconds))) }
        if !tiers.isEmpty { members.append(("tiers", .object(tiers))) }
        if let value = try? JSONValue.parse(event.bytes) { members.append(("answer", value)) }
        return members
    }
}
