import CloudEvents
import Core
import PingListener
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

    /// Null attributes count as absent, and the gateway puts its own in their place.
    @Test(arguments: [
        "returnaddress", "expirytime", "correlationid", "traceparent", "tracestate", "baggage", "servertiming",
        "sequence", "causationid", "subject", "time", "dataschema", "datacontenttype", "data_base64",
    ])
    func aNullAttributeCostsNobodyAnything(_ name: String) throws {
        for isTraced in [false, true] {
            let tiers = try TestTiers(sampler: isTraced ? .alwaysOn : .alwaysOff)
            let peer = try SessionPeer(tiers)
            let odd = #"{"\#(name)":null,"specversion":"1.0","id":"odd","source":"/t","type":"PingRequest","data":1}"#
            for text in [SessionPeer.ping("a"), odd, SessionPeer.ping("b")] { peer.socket.send(text) }
            #expect(
                Set(peer.next(3).map { $0.split(separator: " ").dropFirst().joined(separator: " ") }) == [
                    "PingResponse of a", "PingResponse of odd", "PingResponse of b",
                ])
            let post = "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n"
            let twice = odd.dropLast() + #","\#(name)":null}"#
            #expect(try tiers.ask(post, body: String(twice)).status == 400)
        }
    }

    /// Of a service that is not ours: its answer's `servertiming` is null, and the tiers add to it.
    @Test func aServicesNullAttributeCostsNobodyAnything() throws {
        let tiers = try TestTiers(answer: { event in
            let text = String(decoding: try PingListener.answer(to: event).bytes, as: UTF8.self)
            return try Event(parsing: Array((text.dropLast() + #","servertiming":null,"traceparent":null}"#).utf8))
        })
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200)
    }

    /// A service wraps what it is sent in data of its own, which is deeper.
    @Test func dataIsNotDeeperThanAServiceCanWrapIt() throws {
        let tiers = try TestTiers()
        let peer = try SessionPeer(tiers)
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        for (id, depth) in [("a", 32), ("b", 33), ("c", 63), ("d", 1)] { peer.ping(id, data: nested(depth)) }
        #expect(
            Set(peer.next(4).map { $0.split(separator: " ").dropFirst().joined(separator: " ") }) == [
                "PingResponse of a", "switchboard.error of b", "switchboard.error of c", "PingResponse of d",
            ])
        for (depth, status) in [(32, 200), (33, 400), (63, 400)] {
            let head = "POST /ping HTTP/1.1\r\nContent-Type: application/json\r\n"
            #expect(try tiers.ask(head, body: nested(depth)).status == status)
        }
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
