/// What a consumer says of a delivery.
struct Settlement: Sendable {
    enum Kind: Sendable { case acknowledge, acknowledgeThrough, requeue, discard }

    let tag: DeliveryTag
    let kind: Kind
}
