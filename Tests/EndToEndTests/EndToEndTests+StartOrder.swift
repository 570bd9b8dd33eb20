import TestSupport
import Testing

extension EndToEndTests {
    /// In whatever order broker and tiers are started, on a broker where nothing was ever declared: as soon as all are
    /// ready, the first ping is answered. And none says that it is ready before it is.
    @Suite struct StartOrderTests {
        enum Part: String, CaseIterable, Sendable, CustomTestStringConvertible {
            case broker, web, dispatcher, listener

            var testDescription: String { rawValue }

            var tier: Deployment.Tier? {
                switch self {
                case .broker: nil
                case .web: .web
                case .dispatcher: .dispatcher
                case .listener: .listener
                }
            }
        }

        static let orders = permutations(Part.allCases)

        private static func permutations(_ parts: [Part]) -> [[Part]] {
            parts.isEmpty
                ? [[]] : parts.flatMap { first in permutations(parts.filter { $0 != first }).map { [first] + $0 } }
        }

        @Test func thereAreAllOrders() { #expect(Set(Self.orders).count == 24) }

        /// A relay stands for the broker.
        @Test(arguments: orders) func anyOrderDoes(_ order: [Part]) throws {
            let relay = BrokerRelay(to: RawSocket.port(of: try VirtualHosts.node().amqp))
            let deployment = Deployment(amqp: try VirtualHosts.take(port: relay.port))
            try start(deployment, order) { try relay.open() }
            relay.close()
        }

        /// The broker's own process at each place in the order.
        @Test(arguments: [
            [Part.broker, .listener, .dispatcher, .web], [.dispatcher, .broker, .web, .listener],
            [.web, .listener, .broker, .dispatcher], [.listener, .dispatcher, .web, .broker],
        ])
        func aBrokerThatStartsDoes(_ order: [Part]) throws {
            let deployment = Deployment(amqp: try VirtualHosts.take())
            let node = try VirtualHosts.node()
            try node.stop()
            defer { try? node.start() }
            try start(deployment, order) { try node.start() }
        }

        private func start(_ deployment: Deployment, _ order: [Part], startBroker: () throws -> Void) throws {
            var started: Set<Part> = []
            for part in order {
                if let tier = part.tier { try deployment.start(tier) } else { try startBroker() }
                started.insert(part)
                for other in Part.allCases where started.contains(other) {
                    guard let tier = other.tier else { continue }
                    if started.contains(other == .web ? .dispatcher : .broker) {
                        try deployment.awaitReadiness(tier)
                    } else {
                        #expect(try deployment.readiness(tier).status == 503, "\(tier) after \(started)")
                    }
                }
            }
            // The first ping of all, over the one way or the other.
            if order.first == .web || order.last == .web {
                let answer = try HTTPCall.post(port: deployment.publicPort, "/ping")
                #expect(answer.status == 200, "\(answer)\n\(deployment.logs)")
            }
            let ledger = try Pinging.run(deployment.webSocketURL)
            #expect(ledger.answered == [1] && ledger.faults.isEmpty, "\(ledger)\n\(deployment.logs)")
            #expect(try deployment.stop() == [0, 0, 0])
        }
    }
}
