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
        let answer: @Sendable (Event) -> Event = { event in
            let text = String(decoding: PingListener.answer(to: event).bytes, as: UTF8.self)
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
