import CloudEvents
import Core
import JSON
import PingListener
import TestSupport
import Testing
import Tiers

@testable import PublicWeb

/// `POST /dispatch` on the internal listener: who may call it, and what it says of each event.
@Suite struct DispatchTests {
    private static let secret = Array("a shared secret of the tiers".utf8)
    private static let event = #"{"specversion":"1.0","id":"1","source":"/t","type":"X"}"#

    private static func signature(_ body: String, path: String = "/dispatch", secret: [UInt8] = secret, age: UInt64 = 0)
        -> String
    {
        let now = SystemClock.wallNanoseconds() - age * 1_000_000_000
        let line = InternalAuthenticator(secret: secret).headerLine(
            path: path, body: Array(body.utf8), wallNanoseconds: now)
        return (line ?? "") + "\r\n"
    }

    private static func post(_ tiers: TestTiers, _ headers: String, _ body: String) throws -> RawResponse {
        try tiers.ask(
            "POST /dispatch HTTP/1.1\r\nContent-Type: application/cloudevents-batch+json\r\n" + headers, body: body,
            port: tiers.internalPort)
    }

    @Test func onlySignedCallsAreTaken() throws {
        let tiers = try TestTiers(.webOnly) { $0.internalSecret = Self.secret }
        let body = "[\(Self.event)]"
        let good = try Self.post(tiers, Self.signature(body), body)
        #expect(good.status == 200 && good.body.contains("instance-gone"), "\(good)")
        let forged = [
            "", "Switchboard-Signature: x\r\n", Self.signature("[]"), Self.signature(body, path: "/events"),
            Self.signature(body, secret: [1]), Self.signature(body, age: 61),
        ]
        for headers in forged {
            let response = try Self.post(tiers, headers, body)
            #expect(response.status == 401 && response.body.contains("unauthenticated"), "\(headers): \(response)")
        }
        #expect(try Self.post(tiers, Self.signature("x"), "x").status == 400)
        func refused(_ reason: String) throws -> Int {
            try tiers.metric("switchboard_internal_calls_refused_total{reason=\"\(reason)\"}")
        }
        #expect(try refused("unsigned") == 1 && refused("malformed") == 1 && refused("wrong_signature") == 3)
        #expect(try refused("outside_window") == 1 && refused("replayed") == 0 && refused("too_large") == 0)
    }

    /// Also on another loop: each connection is given to any of them.
    @Test func aCallIsTakenOnce() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.internalSecret = Self.secret
            $0.loops = 4
        }
        let body = "[\(Self.event)]"
        let signature = Self.signature(body)
        #expect(try Self.post(tiers, signature, body).status == 200)
        for _ in 0..<12 {
            let again = try Self.post(tiers, signature, body)
            #expect(again.status == 409 && again.body.contains("replayed-call"), "\(again)")
        }
        #expect(try Self.post(tiers, Self.signature(body), body).status == 200)
        #expect(try tiers.metric("switchboard_internal_calls_refused_total{reason=\"replayed\"}") == 12)
    }

    @Test func whatIsTooLargeIsRefusedAsAWhole() throws {
        let tiers = try TestTiers(.webOnly) {
            $0.internalSecret = Self.secret
            $0.limits.internalBatchEventsMax = 3
            $0.limits.internalBodyBytesMax = 4096
        }
        for (count, status) in [(3, 200), (4, 413)] {
            let body = "[" + [String](repeating: Self.event, count: count).joined(separator: ",") + "]"
            #expect(try Self.post(tiers, Self.signature(body), body).status == status)
        }
        // What is no event counts, too, and hides nothing behind it.
        let hidden = "[{}," + [String](repeating: Self.event, count: 3).joined(separator: ",") + "]"
        #expect(try Self.post(tiers, Self.signature(hidden), hidden).status == 413)
        let numbers = "[\([String](repeating: "1", count: 2000).joined(separator: ","))]"
        #expect(try Self.post(tiers, Self.signature(numbers), numbers).status == 413)
        let long = "[\(Self.event.dropLast()),\"data\":\"\(String(repeating: "x", count: 5000))\"}]"
        #expect(try Self.post(tiers, Self.signature(long), long).status == 413)
        #expect(try tiers.metric("switchboard_internal_calls_refused_total{reason=\"too_large\"}") == 4)
    }

    @Test func theWholeWayWorksWithASecret() throws {
        let tiers = try TestTiers { $0.internalSecret = Self.secret }
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(#"{"specversion":"1.0","id":"a","source":"/t","type":"PingRequest"}"#)
        #expect(peer.nextEvent()?["type"]?.string == "PingResponse")
    }

    @Test func internalListenersNeedASecretBeyondLoopback() {
        #expect(throws: PublicWebError.self) { try TestTiers(.webOnly) { $0.internalHost = "0.0.0.0" } }
        #expect(throws: PublicWebError.self) {
            try TestTiers(.webOnly) {
                $0.internalHost = "0.0.0.0"
                $0.internalSecret = Array("fifteen letters\nand a longer one, too".utf8)
            }
        }
    }

    @Test(arguments: [
        "0", "zz", "0000000000000000000000000000000000", "ffffffffffffffffffffffffffffffff.00.http://x",
    ])
    func anAddressOfNobodyIsGone(_ address: String) throws {
        let tiers = try TestTiers(.webOnly)
        let event = Self.event.dropLast() + #","returnaddress":"\#(address)"}"#
        let response = try Self.post(tiers, "", "[\(event),\(Self.event)]")
        let failures = try JSONValue.parse(Array(response.body.utf8))
        guard case .array(let list) = failures else {
            Issue.record("\(response)")
            return
        }
        #expect(list.map { $0["index"]?.integer } == [0, 1])
        #expect(list.allSatisfy { $0["problem"]?["status"]?.integer == 410 })
    }

    /// Kept as it was, it would be taken for the session's own when the answer is asked for again.
    @Test func aSequenceOfTheServicesOwnIsNotPassedOn() throws {
        let answer: @Sendable (Event) throws -> Event = { event in
            let text = String(decoding: try PingListener.answer(to: event).bytes, as: UTF8.self)
            let changed = text.dropLast() + #","sequence":"0000000000000007"}"#
            return (try? Event(parsing: Array(changed.utf8))) ?? event
        }
        let tiers = try TestTiers(answer: answer)
        let peer = try WebSocketPeer(port: tiers.publicPort, target: "/ws?correlationid=numbered")
        _ = peer.nextEvent()
        let event = #"{"specversion":"1.0","id":"a","source":"/t","type":"PingRequest","correlationid":"numbered"}"#
        let response = try tiers.ask(
            "POST /events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\n", body: event)
        #expect(response.status == 200 && response.body.contains("PingResponse"), "\(response)")
        #expect(!response.body.contains("sequence"), "\(response)")
        peer.send(event)
        let repeated = peer.nextEvent()
        #expect(repeated?["type"]?.string == "PingResponse")
        #expect(repeated?["sequence"] == nil)
    }
}
