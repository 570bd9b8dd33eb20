import Core
import Telemetry

/// Which requests ask for their traces to be recorded, and which of the recorded ones were the slowest.
struct TraceSampling {
    private static let share: UInt64 = 100

    private(set) var slowest: SlowestRequests
    /// Answers to requests that did not ask came with recorded traces: so none needs to.
    private var gatewaySamples = false
    private var requestsUntilNext: UInt64 = 0

    init(countMax: Int) { slowest = SlowestRequests(countMax: countMax) }

    /// One in a hundred, as long as the gateway does not record any by itself.
    mutating func traceOfNextRequest(_ random: inout RandomSource) -> TraceContext? {
        guard slowest.countMax > 0, !gatewaySamples else { return nil }
        guard requestsUntilNext == 0 else {
            requestsUntilNext -= 1
            return nil
        }
        requestsUntilNext = Self.share - 1
        return TraceContext(
            traceIDHigh: random.next(), traceIDLow: random.next() | 1, spanID: random.next() | 1,
            flags: TraceContext.sampledFlag | TraceContext.randomFlag)
    }

    /// - Parameter traceparent: of the answer.
    mutating func note(_ traceparent: UnsafeRawBufferPointer, _ nanoseconds: UInt64, wasAsked: Bool) {
        guard slowest.countMax > 0, !gatewaySamples || slowest.takes(nanoseconds),
            let trace = TraceContext(traceparent: traceparent), trace.isSampled
        else { return }
        if !wasAsked { gatewaySamples = true }
        slowest.insert(nanoseconds, trace)
    }
}
