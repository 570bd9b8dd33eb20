import Core
import TestBroker
import TestSupport

/// Virtual hosts of the node, each for one test: nothing is declared there yet, and nothing waits in queues.
enum VirtualHosts {
    private static let batch = 24
    private static let state = Mutex<(unused: [String], made: Int)>(([], 0))

    /// The node that the hosts are on.
    static func node() throws -> RabbitMQNode { try RabbitMQNode.mistreated.get() }

    /// - Parameter port: that of a relay, instead of the node's own.
    /// - Returns: the URL of a host that no one has used. Its node runs.
    static func take(port: UInt16? = nil) throws -> String {
        let node = try node()
        let name = try state.withLock { state in
            if state.unused.isEmpty {
                let numbers = state.made + 1...state.made + batch
                // By the node's own functions, as each call of rabbitmqctl takes a second.
                try node.control(
                    "eval",
                    """
                    [begin V = iolist_to_binary(io_lib:format("test-~b", [N])), ok = rabbit_vhost:add(V, <<"test">>), \
                    ok = rabbit_auth_backend_internal:set_permissions(\
                    <<"guest">>, V, <<".*">>, <<".*">>, <<".*">>, <<"test">>) \
                    end || N <- lists:seq(\(numbers.lowerBound), \(numbers.upperBound))].
                    """)
                state.made = numbers.upperBound
                state.unused = numbers.map { "test-\($0)" }
            }
            return state.unused.removeFirst()
        }
        return "amqp://guest:guest@127.0.0.1:\(port ?? RawSocket.port(of: node.amqp))/\(name)"
    }
}
