/// A message broker with topic routing, publisher confirms, acknowledgements, redelivery, expiry and dead-lettering.
/// `AMQPBroker` talks to RabbitMQ, `InMemoryBroker` serves one process without one; both pass the same contract test.
///
/// Delivery is at least once: a message or an answer to it can be seen twice after a connection was lost.
public protocol MessageBroker: AnyObject, Sendable {
    /// From any thread. False: the queue is full (`PublishLimits`), or the broker is stopped; nothing was taken.
    /// - Parameter completion: called exactly once, on a broker thread, which it must not block.
    func publish(_ group: PublishGroup, completion: @escaping @Sendable (PublishOutcome) -> Void) -> Bool

    /// Before `start`, at most once: consumes a queue of the topology.
    ///
    /// A consumer that crashes gives back all that it had in hand, and each of these messages has come back once more: those
    /// that did nothing would reach the queue's delivery limit together with the one that brings the consumer down. So what
    /// came back `suspectReturns` times is handed out alone, when everything else that was handed out is settled, and
    /// nothing follows before it is settled itself.
    /// - Parameters:
    ///   - prefetch: 1 to 65,535 messages may be delivered and not yet settled.
    ///   - suspectReturns: at least 1; nil for a handler that no message can bring down.
    ///   - handler: gets all that was ready, on the consumer thread; it must not block.
    func consume(
        queue: String, prefetch: Int, suspectReturns: Int?, handler: @escaping @Sendable ([DeliveredMessage]) -> Void)

    /// From any thread. A tag of an earlier connection, or one already settled, is ignored.
    /// - Parameter multiple: settles every earlier delivery too.
    func acknowledge(_ tag: DeliveryTag, multiple: Bool)

    /// From any thread. With `requeue` the message is delivered again, as often as the queue's delivery limit allows;
    /// without, it is dead-lettered.
    func reject(_ tag: DeliveryTag, requeue: Bool)

    /// Once. Returns at once; connecting goes on until it works or `stop` is called.
    func start()

    /// Once, from a thread that is not the broker's. No delivery is begun any more; within the time given, confirms and
    /// acknowledgements of what is under way are waited for (publishing is still possible for that). Then all that is
    /// left ends in `.unavailable`, connections are closed and threads joined.
    func stop(drainMilliseconds: Int)

    /// Whether all connections are up and the topology is declared.
    var isConnected: Bool { get }

    /// Called on broker threads. Set before `start`.
    var onStateChange: (@Sendable (BrokerState) -> Void)? { get set }

    /// Called on broker threads. Set before `start`.
    var onDiagnostic: (@Sendable (BrokerDiagnostic) -> Void)? { get set }

    var statistics: BrokerStatistics { get }
}

extension MessageBroker {
    public func consume(queue: String, prefetch: Int, handler: @escaping @Sendable ([DeliveredMessage]) -> Void) {
        consume(queue: queue, prefetch: prefetch, suspectReturns: nil, handler: handler)
    }
}
