import Broker
import CloudEvents
import Core
import JSON

/// Which event type goes to which exchange, under which routing key, and how.
///
/// The file: `{"routes":[{"type":"PingRequest","exchange":"switchboard.events","routingkey":"PingRequest",
/// "durable":true,"batcheventsmax":256}]}`; only `type` must be there, the routing key is the type by default.
public struct RoutingTable: Sendable {
    private static let routesMax = 10_000
    /// AMQP's short strings (AMQP 0-9-1 §4.2.5.3), which names of exchanges and routing keys are.
    private static let textBytesMax = 255
    private static let knownMembers: Set<String> = ["type", "exchange", "routingkey", "durable", "batcheventsmax"]

    private let routes: BytesDictionary<BrokerRoute>
    /// Those that have a route.
    let types: [String]

    private init(_ entries: [(type: String, route: BrokerRoute)]) {
        var routes = BytesDictionary<BrokerRoute>()
        for entry in entries { Array(entry.type.utf8).withUnsafeBytes { routes.set(entry.route, for: $0) } }
        self.routes = routes
        types = entries.map(\.type)
    }

    /// Routes the gateway's own first operation.
    public static var builtIn: RoutingTable {
        RoutingTable([
            (
                "PingRequest",
                BrokerRoute(exchange: StandardTopology.eventsExchange, routingKey: "PingRequest")
            )
        ])
    }

    public init(parsing file: [UInt8]) throws(RoutingTableError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(file)
        } catch {
            throw .notJSON("\(error)")
        }
        guard case .object(let members) = value else { throw .notJSON("the file is no JSON object") }
        if let unknown = members.first(where: { $0.0 != "routes" }) { throw .unknownMember(unknown.0, route: nil) }
        guard case .array(let elements) = value["routes"] else { throw .missingRoutes }
        guard elements.count <= Self.routesMax else { throw .tooMany(Self.routesMax) }
        var entries: [(type: String, route: BrokerRoute)] = []
        for (index, element) in elements.enumerated() {
            let entry = try Self.entry(element, index)
            if entries.contains(where: { $0.type == entry.type }) { throw .duplicateType(entry.type) }
            entries.append(entry)
        }
        self.init(entries)
    }

    public var count: Int { routes.count }

    /// - Parameter type: decoded.
    func route(for type: UnsafeRawBufferPointer) -> BrokerRoute? { routes[type] }

    private static func entry(
        _ value: JSONValue, _ index: Int
    ) throws(RoutingTableError) -> (type: String, route: BrokerRoute) {
        guard case .object(let members) = value else { throw .wrongValue("routes[\(index)]", "an object") }
        if let unknown = members.first(where: { !knownMembers.contains($0.0) }) {
            throw .unknownMember(unknown.0, route: index)
        }
        guard let type = value["type"]?.string, !type.isEmpty else {
            throw .wrongValue("routes[\(index)].type", "a text")
        }
        let exchange = try text(value["exchange"], "routes[\(index)].exchange") ?? StandardTopology.eventsExchange
        let key = try text(value["routingkey"], "routes[\(index)].routingkey") ?? type
        guard key.utf8.count <= textBytesMax else {
            throw .wrongValue("routes[\(index)].routingkey", "given, as the type has more than \(textBytesMax) bytes")
        }
        var isDurable = true
        if let durable = value["durable"] {
            guard case .bool(let flag) = durable else { throw .wrongValue("routes[\(index)].durable", "true or false") }
            isDurable = flag
        }
        var batchEventsMax = 256
        if let most = value["batcheventsmax"] {
            guard let number = most.integer, (1...1024).contains(number) else {
                throw .wrongValue("routes[\(index)].batcheventsmax", "a whole number from 1 to 1024")
            }
            batchEventsMax = number
        }
        let route = BrokerRoute(
            exchange: exchange, routingKey: key, isPersistent: isDurable, batchEventsMax: batchEventsMax)
        return (type, route)
    }

    private static func text(_ value: JSONValue?, _ name: String) throws(RoutingTableError) -> String? {
        guard let value else { return nil }
        guard let text = value.string, (1...textBytesMax).contains(text.utf8.count) else {
            throw .wrongValue(name, "a text of 1 to \(textBytesMax) bytes")
        }
        return text
    }
}
