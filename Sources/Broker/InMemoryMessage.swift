import Core

/// A message in the in-memory hub.
struct InMemoryMessage {
    let exchange: String
    let routingKey: String
    let body: [UInt8]
    let contentType: String
    let traceparent: String?
    let tracestate: String?
    let timestampSeconds: UInt64?
    let earlierDeliveries: Int
    let death: DeathRecord?
    var expiresAt: MonotonicInstant?
    /// How often it was delivered and came back.
    var deliveryCount = 0
    var wasDelivered = false

    var returns: Int { deliveryCount + earlierDeliveries }
}
