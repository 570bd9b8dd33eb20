/// What is passed on of a trace from one process to the next: W3C Trace Context and W3C Baggage.
public struct PropagatedContext: Sendable {
    public var context: TraceContext
    /// Of the vendors; only of use together with the context it came with.
    public var traceState: String?
    /// Of the application; it goes on whether there is a context or not.
    public var baggage: String?

    public init(context: TraceContext = .none, traceState: String? = nil, baggage: String? = nil) {
        self.context = context
        self.traceState = traceState
        self.baggage = baggage
    }
}
