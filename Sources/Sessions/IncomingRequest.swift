import Core

/// A request that a client makes, as far as its admission depends on it.
public struct IncomingRequest {
    /// The event's id, decoded from JSON.
    public let id: UnsafeRawBufferPointer
    /// A hash of what makes it the same event.
    public let content: Int
    public let deadline: MonotonicInstant
    /// Who is to be given the answer, if not the owner; 0 for none.
    public let waiter: UInt64
    /// It does not come over the session's connection.
    public let isOverHTTP: Bool

    public init(
        id: UnsafeRawBufferPointer, content: Int, deadline: MonotonicInstant, waiter: UInt64, isOverHTTP: Bool? = nil
    ) {
        self.isOverHTTP = isOverHTTP ?? (waiter != 0)
        self.id = id
        self.content = content
        self.deadline = deadline
        self.waiter = waiter
    }
}
