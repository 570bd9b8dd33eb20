import Foundation
import TestSupport
import Testing

/// The program and a gateway that cuts, closes, refuses and resumes by script.
@Suite struct ResumingTests {
    private static let handshake = "GET /ws"
    private static func resuming(after sequence: Int) -> String {
        "GET /ws?correlationid=c1&resume=t%201&after=000000000000000\(sequence)"
    }

    private static func ping(_ gateway: FakeGateway, _ arguments: String...) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try BuiltProgram.run(["ping", "-i", "0.01"] + arguments + [gateway.url])
    }

    @Test func pingTakesUpWhereItWasCut() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.answer(try connection.next(), 1)
                _ = try connection.next()
            },
            { connection in
                try connection.resume(1)
                // The same request again, under its id.
                try connection.serve(from: 2)
            })
        let run = try Self.ping(gateway, "-c", "4")
        #expect(run.status == 0, "\(run)")
        #expect(run.output.contains("\n4 sent, 4 answered, 0 lost, 0% loss, time "))
        #expect(run.output.contains("\n1 reconnect, all resumed\n"))
        let errors = run.errors.split(separator: "\n")
        #expect(errors.count == 2, "\(run.errors)")
        #expect(errors[0].hasPrefix("--- connection lost (the socket ended"))
        #expect(errors[0].contains("); reconnecting in 0"))
        #expect(errors[1].hasPrefix("--- resumed session c1: 0 events recovered, "), "\(errors)")
        #expect(errors[1].contains(" waiting, after "))
        let notes = gateway.notes
        #expect(notes.filter { $0 == "PingRequest" }.count >= 5, "\(notes)")
        #expect(notes[0] == Self.handshake && notes.contains(Self.resuming(after: 1)))
        #expect(
            notes.suffix(3) == [
                #"switchboard.session.ack {"sequence":"0000000000000004"}"#, "switchboard.session.close",
                "closed with 1000",
            ], "\(notes)")
    }

    @Test func anAnswerThatWasCutInItsMiddleIsRecovered() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                let event = try connection.next()
                let frame = SessionClientTests.frame(GatewaySide.event("PingResponse", 1, answering: event.id))
                connection.send(Array(frame[..<(frame.count / 2)]))
                // For the second connection.
                connection.gateway.rememberedID = event.id
            },
            { connection in
                try connection.resume(1)
                connection.say(GatewaySide.event("PingResponse", 1, answering: connection.gateway.rememberedID))
                try connection.serve(from: 2)
            })
        let run = try Self.ping(gateway, "-c", "1", "--json")
        let events = try Self.objects(run.output)
        #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
        #expect(events.map { $0["event"] as? String } == ["start", "lost", "resumed", "answer", "summary"])
        #expect(events[1]["retrymilliseconds"] as? Int != nil)
        #expect(events[2]["session"] as? String == "c1" && events[2]["recovered"] as? Bool == true)
        #expect(events[2]["recoveredevents"] as? Int == 1 && events[2]["pending"] as? Int == 1)
        #expect(events[4]["reconnects"] as? Int == 1 && events[4]["resumed"] as? Int == 1)
        #expect(gateway.notes.filter { $0 == "PingRequest" }.count == 1, "\(gateway.notes)")
    }

    private static func objects(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func aSessionThatIsGoneCountsAsLost() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                _ = try connection.next()
                connection.reset()
            },
            { connection in
                try connection.accept()
                connection.say(GatewaySide.opened(GatewaySide.resumable, session: "c2"))
                try connection.serve(from: 1)
            })
        let run = try Self.ping(gateway, "-c", "2")
        #expect(run.status == 1)
        #expect(run.output.contains(" lost with the session\n"), "\(run)")
        #expect(run.output.contains("seq=1 id="))
        #expect(run.errors.contains("--- session c1 is gone; connected to a new one, c2, after "))
        #expect(run.output.contains("\n1 reconnect, 0 resumed, 1 to a new session\n"))
    }

    @Test func keepsTheGatewaysSlot() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.answer(try connection.next(), 1)
                try connection.close(1001, "reconnect in 150")
            },
            { connection in
                try connection.resume(1)
                try connection.serve(from: 2)
            })
        let run = try Self.ping(gateway, "-c", "2", "--json")
        let events = try Self.objects(run.output)
        let lost = try #require(events.first { $0["event"] as? String == "lost" })
        let resumed = try #require(events.first { $0["event"] as? String == "resumed" })
        #expect(run.status == 0 && lost["retrymilliseconds"] as? Int == 150, "\(run)")
        #expect(try #require(resumed["awaymilliseconds"] as? Int) >= 150)
    }

    @Test(arguments: [1000, 1002, 1008, 4001, 4004] as [UInt16])
    func someClosesAreFinal(_ code: UInt16) throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.answer(try connection.next(), 1)
                try connection.close(code, "so be it")
            }, { _ in })
        let run = try Self.ping(gateway)
        #expect(run.status == 1 && run.errors.isEmpty)
        #expect(run.output.contains("switchboard: the gateway closed the connection with \(code) ("), "\(run)")
        #expect(run.output.contains("`so be it`\n"))
        #expect(gateway.notes.filter { $0.hasPrefix("GET") }.count == 1)
    }

    @Test(arguments: [403, 404, 409, 426])
    func someRefusalsAreFinal(_ status: Int) throws {
        let gateway = try FakeGateway({ try $0.open() }, { try $0.refuse(status, detail: "not here") }, { _ in })
        let run = try Self.ping(gateway)
        #expect(run.status == 1)
        #expect(
            run.output.contains("switchboard: the server refused the WebSocket with status \(status): not here\n"),
            "\(run)")
        #expect(gateway.notes.filter { $0.hasPrefix("GET") }.count == 2)
    }

    @Test func goesOnTryingWhileItIsRefusedForATime() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.gateway.closeListener()
            }, { try $0.refuse(503, "Retry-After: 0\r\n", detail: "soon") }, { _ in },
            { connection in
                try connection.resume(0)
                try connection.serve(from: 1)
            })
        let running = try RunningPing(["--json", "-c", "2", "-i", "0.01", gateway.url])
        #expect(running.waits { $0.contains(#""event":"retrying","detail":"Failed to connect"#) }, "\(running.output)")
        try gateway.reopenListener()
        #expect(running.status() == 0, "\(running.output)")
        #expect(running.output.contains("with status 503: soon"))
        #expect(running.output.contains(#""answered":2,"lost":0"#))
    }

    @Test func whileAwayRequestsAreGivenUpInTime() throws {
        let gateway = try FakeGateway({ connection in
            try connection.open()
            connection.gateway.closeListener()
        })
        let run = try Self.ping(gateway, "-c", "3", "-W", "0.2")
        #expect(run.status == 1)
        #expect(run.output.contains("seq=3 id=") && run.output.contains(" no answer in 0.2 s\n"), "\(run)")
        #expect(run.output.contains("3 sent, 0 answered, 3 lost, 100% loss"))
    }

    @Test func gapsAreTold() throws {
        let gateway = try FakeGateway({ connection in
            try connection.open()
            connection.answer(try connection.next(), 4)
            try connection.serve(from: 5)
        })
        let run = try Self.ping(gateway, "-c", "2")
        #expect(run.status == 0 && run.errors == "--- 3 events missing: sequence 1 to 3\n", "\(run)")
    }

    @Test func quietItTellsOnlyInItsStatistics() throws {
        let gateway = try FakeGateway(
            { try $0.open() },
            { connection in
                try connection.resume(0)
                try connection.serve(from: 1)
            })
        let run = try Self.ping(gateway, "-q", "-c", "1")
        #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
        #expect(run.output.contains("\n1 reconnect, all resumed\n") && !run.output.contains("seq="), "\(run)")
    }

    /// Refused, waiting for a try; connecting, in vain; connected, without a word from the gateway.
    @Test(arguments: ["refused", "unanswered", "silent"])
    func interruptedWhileAwayItEndsAtOnce(_ how: String) throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.answer(try connection.next(), 1)
                switch how {
                case "refused": connection.gateway.closeListener()
                case "unanswered": try connection.gateway.fillBacklog()
                default: break
                }
            }, { try $0.ignore() })
        let running = try RunningPing(["-W", "60", "-i", "0.01", gateway.url])
        #expect(running.waits { $0.contains("--- connection lost (") }, "\(running.output)")
        if how == "refused" { #expect(running.waits { $0.contains("--- not connected (") }) }
        if how == "silent" { #expect(Polling.until { gateway.notes.filter { $0.hasPrefix("GET") }.count == 2 }) }
        if how == "unanswered" { #expect(Polling.until { gateway.isBeingConnectedTo }) }
        running.interrupt()
        #expect(running.status() == 1 || running.status() == 0, "\(running.output)")
        #expect(running.output.contains("ping statistics ---"))
    }

    @Test func aPipeDropsAndGoesOn() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                do { while true { _ = try connection.next() } } catch is FakeConnection.Ended {}
            },
            { connection in
                try connection.resume(0)
                try connection.serve(from: 1)
            })
        let run = try BuiltProgram.run(["connect", gateway.url], input: "ping 2\ndrop\ndrop\nping\nstatus\n")
        #expect(run.status == 0, "\(run)")
        #expect(run.output.components(separatedBy: "PingResponse time=").count == 4)
        #expect(run.output.contains("\nthere is no connection to drop\n"))
        #expect(run.output.contains("\nsession c1, not connected for "))
        #expect(run.errors.hasPrefix("--- connection lost (cut from here); reconnecting in "))
        #expect(
            run.errors.contains("\n--- resumed session c1: 0 events recovered, 2 requests waiting, after "))
    }
}
