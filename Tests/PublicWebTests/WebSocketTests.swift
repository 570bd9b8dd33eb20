import JSON
import TestSupport
import Testing
import WebSocket

@testable import PublicWeb

/// A session on its WebSocket.
@Suite struct WebSocketTests {
    private static func ping(_ id: String, data: String = "null") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/t","type":"PingRequest","data":\#(data)}"#
    }

    @Test func speaksFirst() throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort, target: "/ws?correlationid=my-session")
        let opened = try #require(peer.nextEvent())
        #expect(opened["type"]?.string == "switchboard.session.opened")
        #expect(opened["correlationid"]?.string == "my-session")
        #expect(opened["data"]?["correlationid"]?.string == "my-session")
        #expect(opened["data"]?["limits"]?["messagebytes"]?.integer == 65_536)
        #expect(opened["data"]?["heartbeatseconds"]?.integer == 25)
        #expect(opened["sequence"] == nil)
    }

    @Test func answersOnTheSameSessionFromEveryLoop() throws {
        let tiers = try TestTiers { $0.loops = 4 }
        for _ in 0..<12 {
            let peer = try WebSocketPeer(port: tiers.publicPort)
            let session = try #require(peer.nextEvent()?["correlationid"]?.string)
            for number in 1...3 {
                peer.send(Self.ping("id-\(number)", data: "{\"n\":\(number)}"))
                let answer = try #require(peer.nextEvent())
                #expect(answer["type"]?.string == "PingResponse")
                #expect(answer["causationid"]?.string == "id-\(number)")
                #expect(answer["correlationid"]?.string == session)
                #expect(answer["sequence"]?.string == "000000000000000\(number)")
                #expect(answer["data"]?["request"]?["n"]?.integer == number)
                #expect(answer["returnaddress"] == nil)
            }
        }
    }

    @Test func withoutASubprotocolWhatIsMissingIsFilledIn() throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort, headers: "")
        _ = peer.nextEvent()
        peer.send(#"{"type":"PingRequest"}"#)
        let answer = try #require(peer.nextEvent())
        #expect(answer["type"]?.string == "PingResponse" && answer["causationid"]?.string?.isEmpty == false)
    }

    @Test(
        arguments: [
            ("nonsense", "malformed-event", nil), ("", "malformed-event", nil), ("[]", "batch-not-allowed", nil),
            ("[\(ping("a"))]", "batch-not-allowed", nil), (#"{"type":"PingRequest"}"#, "malformed-event", nil),
            (#"{"specversion":"1.0","id":"x","source":"/t","type":"Nobodys"}"#, "unroutable-type", "x"),
            (#"{"specversion":"1.0","id":"x","source":"/t","type":"switchboard.nope"}"#, "unroutable-type", "x"),
            (
                #"{"specversion":"1.0","id":"x","source":"/t","type":"PingRequest","expirytime":"2001-01-01T00:00:00Z"}"#,
                "deadline-passed", "x"
            ),
        ] as [(String, String, String?)])
    func whatFailsIsToldAndTheSocketStaysOpen(_ message: String, _ kind: String, _ cause: String?) throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(message)
        let error = try #require(peer.nextEvent())
        #expect(error["type"]?.string == "switchboard.error")
        #expect(error["data"]?["type"]?.string == "urn:switchboard:problem:" + kind, "\(error)")
        #expect(error["causationid"]?.string == cause)
        peer.send(Self.ping("after"))
        #expect(peer.nextEvent()?["causationid"]?.string == "after")
    }

    @Test(
        arguments: [
            ([0x81, 0x01, 0x61], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
            ([0x09, 0x80, 0, 0, 0, 0], 1002), ([0x80, 0x80, 0, 0, 0, 0], 1002), ([0x88, 0x81, 0, 0, 0, 0, 0x03], 1002),
            ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], 1002), ([0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], 1007),
            ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0], 1009),
            ([0x82, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
            ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
        ] as [([UInt8], Int)])
    func brokenFramesHaveTheirCloseCodes(_ bytes: [UInt8], _ code: Int) throws {
        let tiers = try TestTiers(.webOnly)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.socket.send(bytes)
        let close = try #require(peer.next())
        #expect(close.hasPrefix("close \(code) "), "\(close)")
        #expect(peer.socket.readToEnd())
        #expect(try tiers.metric("switchboard_websocket_violations_total") == 1)
    }

    @Test func tooLongAMessageIsClosedWith1009AndTheLongestIsNot() throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        let padding = 65_536 - Self.ping("a", data: "\"\"").utf8.count
        peer.send(Self.ping("a", data: "\"" + String(repeating: "x", count: padding - 3000) + "\""))
        #expect(peer.nextEvent()?["type"]?.string == "PingResponse")
        peer.send(String(repeating: "x", count: 65_537))
        #expect(peer.next()?.hasPrefix("close 1009 ") == true)
    }

    @Test func fragmentsPingsAndTheCloseHandshake() throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        let message = Array(Self.ping("é").utf8)
        peer.send(Array(message[..<28]), .text, isFinal: false)
        peer.send("are you there", .ping)
        #expect(peer.next() == "pong are you there")
        for byte in message[28..<message.count - 1] { peer.send([byte], .continuation, isFinal: false) }
        peer.send(Array(message[(message.count - 1)...]), .continuation)
        #expect(peer.nextEvent()?["causationid"]?.string == "é")
        peer.send("unasked", .pong)
        peer.send([0x03, 0xE8] + Array("bye".utf8), .close)
        #expect(peer.next()?.hasPrefix("close 1000 ") == true)
        #expect(peer.socket.readToEnd())
        #expect(try Polling.until { try tiers.metric("switchboard_sessions_attached") == 0 })
    }

    @Test func binaryMessagesAreToldWhatIsSpoken() throws {
        let tiers = try TestTiers(.webOnly)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send([1, 2, 3], .binary)
        let said = try #require(peer.next())
        #expect(said.hasPrefix("close 1003 ") || said.contains("switchboard.error"), "\(said)")
    }

    @Test func aSessionCanBeClosedByEvent() throws {
        let tiers = try TestTiers(.webOnly)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        peer.send(
            #"{"specversion":"1.0","id":"1","source":"/t","type":"switchboard.session.ack","data":{"sequence":"0"}}"#)
        peer.send(#"{"specversion":"1.0","id":"2","source":"/t","type":"switchboard.session.close"}"#)
        #expect(peer.next()?.hasPrefix("close 1000 ") == true)
    }

    /// It would be taken apart as a tree.
    @Test func anAcknowledgementIsShort() throws {
        let tiers = try TestTiers(.webOnly)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for (padding, isTaken) in [(200, true), (300, false)] {
            let data = #"{"sequence":"0","x":"\#(String(repeating: "x", count: padding))"}"#
            peer.send(
                #"{"specversion":"1.0","id":"1","source":"/t","type":"switchboard.session.ack","data":\#(data)}"#)
            peer.send("x", .ping)
            if !isTaken { #expect(peer.nextEvent()?["data"]?["type"]?.string?.hasSuffix("malformed-event") == true) }
            #expect(peer.next() == "pong x")
        }
    }

    /// More of them than are handled in one turn, in one segment.
    @Test func whatComesAtOnceIsHandledToItsEnd() throws {
        let tiers = try TestTiers(.webOnly)
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        var bytes: [UInt8] = []
        for number in 0..<1000 {
            Array("\(number)".utf8).withUnsafeBytes {
                FrameEncoder.append(.ping, payload: $0, mask: WebSocketPeer.mask, to: &bytes)
            }
        }
        peer.socket.send(bytes)
        for number in 0..<1000 { #expect(peer.next() == "pong \(number)") }
    }

    @Test func anIdThatWaitsIsIgnoredWhenItComesAgain() throws {
        let tiers = try TestTiers(.webOnly) { $0.limits.dispatcherWaitMilliseconds = 300 }
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for _ in 0..<3 { peer.send(Self.ping("same")) }
        peer.send(Self.ping("other"))
        // They may travel in two requests, of which any can fail first.
        let failed = (0..<2).map { _ in peer.nextEvent()?["causationid"]?.string ?? "" }
        #expect(failed.sorted() == ["other", "same"])
        peer.send("x", .ping)
        #expect(peer.next() == "pong x")
        #expect(try tiers.metric("switchboard_events_duplicate_total") == 2)
    }

    @Test func aFloodIsAnsweredOneByOne() throws {
        let tiers = try TestTiers()
        let peer = try WebSocketPeer(port: tiers.publicPort)
        _ = peer.nextEvent()
        for number in 0..<500 { peer.send(Self.ping("id-\(number)")) }
        var seen = Set<String>()
        for _ in 0..<500 {
            let answer = try #require(peer.nextEvent())
            #expect(answer["type"]?.string == "PingResponse", "\(answer)")
            seen.insert(answer["causationid"]?.string ?? "")
        }
        #expect(seen.count == 500)
    }
}
