import Core
import JSON
import TestSupport
import Testing
import Tiers

@testable import PublicWeb

/// Sessions on the internal listener.
@Suite struct InternalSessionsTests {
    private static func object(_ response: RawResponse) throws -> JSONValue {
        try JSONValue.parse(Array(response.body.utf8))
    }

    @Test(arguments: [1, 4], [1, 3, 100])
    func pagesShowEverySessionOnce(_ loops: Int, _ limit: Int) throws {
        let tiers = try TestTiers(.webOnly) { $0.loops = loops }
        let peers = try (0..<10).map { try tiers.open("correlationid=s-\($0)") }
        var names: [String] = []
        var after = ""
        for _ in 0..<40 {
            let response = try tiers.ask(
                "GET /sessions?limit=\(limit)\(after) HTTP/1.1\r\n", port: tiers.internalPort)
            let page = try Self.object(response)
            guard response.status == 200, case .array(let list) = page["sessions"], list.count <= limit else {
                Issue.record("\(response)")
                return
            }
            names += list.compactMap { $0["correlationid"]?.string }
            guard let next = page["next"]?.string else {
                after = ""
                break
            }
            after = "&after=" + next
        }
        #expect(after.isEmpty, "the list does not end")
        #expect(names.sorted() == (0..<10).map { "s-\($0)" })
        #expect(peers.count == 10)
    }

    @Test(arguments: [
        "limit=0", "limit=1001", "limit=x", "after=", "after=0", "after=9.0", "after=0.-1", "after=a.b", "after=0.0.0",
    ])
    func malformedPagesAreRefused(_ query: String) throws {
        let tiers = try TestTiers(.webOnly)
        #expect(try tiers.ask("GET /sessions?\(query) HTTP/1.1\r\n", port: tiers.internalPort).status == 400)
    }

    @Test(arguments: [1, 4])
    func oneIsShownAndEnded(_ loops: Int) throws {
        let tiers = try TestTiers(.silentListener) { $0.loops = loops }
        for number in 0..<6 {
            let (peer, session) = try tiers.open("correlationid=s-\(number)")
            peer.request("a")
            try tiers.push(1...2, to: session)
            #expect(peer.numbered(2) == ["1:p1", "2:p2"])
            peer.control("ack", data: #"{"sequence":1}"#)
            #expect(peer.isQuiet())
            let shown = try #require(try tiers.shown(session))
            #expect(shown["correlationid"]?.string == "s-\(number)" && shown["state"]?.string == "attached")
            #expect(shown["connection"]?.string == "websocket" && shown["detachedmilliseconds"] == nil)
            let numbers = ["sequence": 2, "acknowledged": 1, "transmitted": 2, "pending": 1, "replayevents": 1]
            for (name, value) in numbers { #expect(shown[name]?.integer == value, "\(name)") }
            #expect(shown["replaybytes"]?.integer ?? 0 > 50)
            peer.socket.close()
            #expect(try tiers.awaitDetached(session))
            #expect(try tiers.shown(session)?["detachedmilliseconds"]?.integer != nil)
            let end = "DELETE /sessions/s-\(number) HTTP/1.1\r\n"
            #expect(try tiers.ask(end, port: tiers.internalPort).status == 204)
            #expect(try tiers.ask(end, port: tiers.internalPort).status == 404)
            #expect(try tiers.shown(session) == nil)
        }
        #expect(try tiers.isEmptied())
    }

    @Test func theyAreNotOnThePublicListener() throws {
        let tiers = try TestTiers(.webOnly)
        let (_, session) = try tiers.open()
        for head in [
            "GET /sessions", "GET /sessions/\(session.correlationID)", "DELETE /sessions/\(session.correlationID)",
        ] {
            #expect(try tiers.ask(head + " HTTP/1.1\r\n").status == 404)
        }
    }

    @Test func withASecretTheyWantASignature() throws {
        let secret = Array("a shared secret of the tiers".utf8)
        let tiers = try TestTiers(.webOnly) { $0.internalSecret = secret }
        let (peer, session) = try tiers.open("correlationid=mine")
        let now = SystemClock.wallNanoseconds()
        func signature(_ method: String, _ path: String) -> String {
            let line = InternalAuthenticator(secret: secret).headerLine(
                method: method, path: path, body: [], wallNanoseconds: now)
            return (line ?? "") + "\r\n"
        }
        let path = "/sessions/mine"
        for (method, target) in [("GET", "/sessions"), ("GET", path), ("DELETE", path)] {
            let wrong = ["", signature(method, "/dispatch"), signature(method == "GET" ? "DELETE" : "GET", target)]
            for headers in wrong {
                let response = try tiers.ask("\(method) \(target) HTTP/1.1\r\n" + headers, port: tiers.internalPort)
                #expect(response.status == 401 && response.body.contains("unauthenticated"), "\(response)")
            }
        }
        #expect(peer.isQuiet())
        for (method, target, status) in [("GET", "/sessions", 200), ("GET", path, 200), ("DELETE", path, 204)] {
            let response = try tiers.ask(
                "\(method) \(target) HTTP/1.1\r\n" + signature(method, target), port: tiers.internalPort)
            #expect(response.status == status, "\(method) \(target): \(response)")
        }
        #expect(peer.next()?.hasPrefix("close 1008 ") == true)
        #expect(session.correlationID == "mine")
    }
}
