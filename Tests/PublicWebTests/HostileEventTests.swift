import TestSupport
import Testing

@testable import PublicWeb

/// What a client writes into its event or its headers must not cost others their events, which travel in the same batch.
@Suite struct HostileEventTests {
    private static func event(_ id: String, members: Int) -> String {
        let more = (0..<max(members - 4, 0)).map { #","x\#($0)":"1""# }.joined()
        return #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest"\#(more)}"#
    }

    @Test func membersAreLimitedWhereEventsComeIn() throws {
        let tiers = try TestTiers(sampler: .alwaysOn)
        let peer = try SessionPeer(tiers)
        for (id, members) in [("a", 48), ("b", 49), ("c", 5)] { peer.socket.send(Self.event(id, members: members)) }
        #expect(
            Set(peer.next(3).map { $0.split(separator: " ").dropFirst().joined(separator: " ") }) == [
                "PingResponse of a", "switchboard.error of b", "PingResponse of c",
            ])
        let post = "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
        #expect(try tiers.ask(post, body: Self.event("d", members: 49)).status == 400)
        #expect(try tiers.ask(post, body: Self.event("e", members: 48)).status == 200)
    }

    @Test(arguments: ["\"", "\\", "é"])
    func headersThatWouldGrowInJSONAreDropped(_ character: String) throws {
        let tiers = try TestTiers()
        let value = String(repeating: character, count: 900)
        let response = try tiers.ask(
            "POST /ping HTTP/1.1\r\nbaggage: k=\(value)\(value)\(value)\(value)\r\n"
                + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=\(value)\r\n")
        #expect(response.status == 200)
        #expect(!response.body.contains("baggage") && !response.body.contains("tracestate"))
    }
}
