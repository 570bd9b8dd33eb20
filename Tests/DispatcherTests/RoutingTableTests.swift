import Core
import Testing

@testable import Dispatcher

private func table(_ text: String) throws(RoutingTableError) -> RoutingTable {
    try RoutingTable(parsing: Array(text.utf8))
}

private func route(_ table: RoutingTable, _ type: String) -> String? {
    Array(type.utf8).withUnsafeBytes { table.route(for: $0).map { "\($0.exchange)/\($0.routingKey)" } }
}

@Suite struct RoutingTableTests {
    @Test func theBuiltInOneRoutesPings() {
        #expect(route(.builtIn, "PingRequest") == "switchboard.events/PingRequest")
        #expect(route(.builtIn, "pingrequest") == nil)
    }

    @Test func readsAFile() throws {
        let table = try table(
            #"{"routes":[{"type":"A"},{"type":"B","exchange":"x","routingkey":"k","durable":false,"batcheventsmax":1}]}"#
        )
        #expect(table.count == 2)
        #expect(route(table, "A") == "switchboard.events/A")
        #expect(route(table, "B") == "x/k")
        let transient = Array("B".utf8).withUnsafeBytes { table.route(for: $0) }
        #expect(transient?.isPersistent == false && transient?.batchEventsMax == 1)
    }

    @Test(arguments: [
        (#"{"routes":[{"type":"A","routing-key":"k"}]}"#, RoutingTableError.unknownMember("routing-key", route: 0)),
        (#"{"routes":[],"more":1}"#, .unknownMember("more", route: nil)),
        (#"{}"#, .missingRoutes), (#"{"routes":{}}"#, .missingRoutes),
        (#"{"routes":[{}]}"#, .wrongValue("routes[0].type", "a text")),
        (#"{"routes":["A"]}"#, .wrongValue("routes[0]", "an object")),
        (#"{"routes":[{"type":"A"},{"type":"A"}]}"#, .duplicateType("A")),
        (#"{"routes":[{"type":"A","durable":"yes"}]}"#, .wrongValue("routes[0].durable", "true or false")),
        (
            #"{"routes":[{"type":"A","batcheventsmax":0}]}"#,
            .wrongValue("routes[0].batcheventsmax", "a whole number from 1 to 1024")
        ),
        (
            #"{"routes":[{"type":"\#(String(repeating: "a", count: 256))"}]}"#,
            .wrongValue("routes[0].routingkey", "given, as the type has more than 255 bytes")
        ),
        ("[]", .notJSON("the file is no JSON object")),
    ])
    func saysWhatIsWrong(text: String, error: RoutingTableError) { #expect(throws: error) { try table(text) } }
}
