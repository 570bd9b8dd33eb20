/// Exchanges, queues and bindings, declared at every connection. Declaring what exists with the same arguments changes
/// nothing; with other arguments the broker refuses it, which is reported as `.topologyRefused`.
public struct Topology: Equatable, Sendable {
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]

    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    /// Both; what is equal is taken once.
    public func merged(with other: Topology) -> Topology {
        var result = self
        for exchange in other.exchanges where !result.exchanges.contains(exchange) { result.exchanges.append(exchange) }
        for queue in other.queues where !result.queues.contains(queue) { result.queues.append(queue) }
        for binding in other.bindings where !result.bindings.contains(binding) { result.bindings.append(binding) }
        return result
    }

    /// Every name fits an AMQP short string, and every binding refers to something declared here.
    func validate() throws(BrokerConfigurationError) {
        for name in exchanges.map(\.name) + queues.map(\.name) + bindings.map(\.routingKey) where name.utf8.count > 255
        {
            throw .malformedTopology("a name is longer than 255 bytes: \(name)")
        }
        for binding in bindings {
            guard exchanges.contains(where: { $0.name == binding.exchange }) else {
                throw .malformedTopology("a binding names the unknown exchange \(binding.exchange)")
            }
            guard queues.contains(where: { $0.name == binding.queue }) else {
                throw .malformedTopology("a binding names the unknown queue \(binding.queue)")
            }
        }
    }
}
