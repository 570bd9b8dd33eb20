import Foundation
import TestSupport
import Testing

/// `connect` on a pseudo-terminal while its connection comes and goes.
@Suite final class ReconnectingTerminalTests {
    private let state = NSTemporaryDirectory() + "switchboard-state-\(UInt32.random(in: 0 ... .max))"

    deinit { try? FileManager.default.removeItem(atPath: state) }

    private func connect(_ gateway: FakeGateway, columns: UInt16 = 120) throws -> TerminalProcess {
        let terminal = try TerminalProcess(["connect", gateway.url], columns: columns, state: state)
        #expect(terminal.waits { $0.last == "> " && $0[0].hasPrefix("connected to ") }, "\(terminal.rows)")
        return terminal
    }

    @Test func aDropIsShownAndTheTypedLineStays() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.answer(try connection.next(), 1)
                do { while true { _ = try connection.next() } } catch is FakeConnection.Ended {}
            },
            { connection in
                try connection.resume(2)
                // What happened in the meantime.
                connection.say(GatewaySide.event("News", 2))
                connection.say(GatewaySide.event("News", 2))
                connection.answer(try connection.next(), 3)
                try connection.serve(from: 4)
            })
        let terminal = try connect(gateway)
        terminal.type("ping\r")
        #expect(terminal.waits { rows in rows.contains { $0.hasPrefix("PingResponse time=") } }, "\(terminal.rows)")
        terminal.type("drop\rhalf a li")
        #expect(
            terminal.waits { rows in
                rows.last == "> half a li"
                    && rows.contains { $0.hasPrefix("--- connection lost (cut from here); reconnecting in ") }
                    && rows.contains { $0.hasPrefix("--- resumed session c1: 1 event recovered, after ") }
                    && rows.contains("News")
            }, "\(terminal.rows)")
        #expect(terminal.rows.filter { $0 == "News" }.count == 1)
        #expect(!terminal.rows.dropLast().contains { $0.contains("half") })
        terminal.type("\u{15}ping\r")
        #expect(terminal.waits { rows in rows.filter { $0.hasPrefix("PingResponse") }.count == 2 })
        terminal.type("status\r")
        #expect(
            terminal.waits { rows in
                rows.contains { $0.hasPrefix("session c1, connected for ") }
                    && rows.contains { $0.hasPrefix("sequence 3, acknowledged ") }
                    && rows.contains("2 sent, 2 answered, 0 failed, 0 pending")
                    && rows.contains("1 reconnect, all resumed")
            }, "\(terminal.rows)")
        terminal.type("quit\r")
        #expect(terminal.status() == 0)
        #expect(Polling.until { gateway.notes.last == "closed with 1000" }, "\(gateway.notes)")
        #expect(gateway.notes.contains("switchboard.session.close"))
    }

    @Test func whileItIsAwayItListens() throws {
        let gateway = try FakeGateway(
            { connection in
                try connection.open()
                connection.gateway.closeListener()
            },
            { connection in
                try connection.resume(0)
                try connection.serve(from: 1)
            })
        let terminal = try connect(gateway)
        #expect(terminal.waits { rows in rows.contains { $0.hasPrefix("--- not connected (Failed to connect") } })
        terminal.type("ping 2\rstatus\r")
        #expect(
            terminal.waits { rows in
                rows.contains { $0.hasPrefix("session c1, not connected for ") }
                    && rows.contains("sequence 0, acknowledged 0")
                    && rows.contains("2 sent, 0 answered, 0 failed, 2 pending")
            }, "\(terminal.rows)")
        try gateway.reopenListener()
        #expect(
            terminal.waits { rows in rows.filter { $0.hasPrefix("PingResponse time=") }.count == 2 },
            "\(terminal.rows)")
        terminal.type("\u{04}")
        #expect(terminal.status() == 0)
    }

    @Test func takenOverItEndsAndSaysWhy() throws {
        let gateway = try FakeGateway({ connection in
            try connection.open()
            _ = try connection.next()
            try connection.close(4001)
        })
        let terminal = try connect(gateway)
        terminal.type("ping\r")
        #expect(terminal.status() == 1)
        let text = "the gateway closed the connection with 4001 (the session was taken over by a newer connection)"
        #expect(terminal.rows.contains("\(text); 1 sent and not answered"), "\(terminal.rows)")
        #expect(String(decoding: terminal.written, as: UTF8.self).hasSuffix("\u{1B}[?2004l"))
    }

    @Test func awayOrNotItEndsWhenItIsTold() throws {
        let gateway = try FakeGateway({ connection in
            try connection.open()
            connection.gateway.closeListener()
        })
        let terminal = try connect(gateway)
        #expect(terminal.waits { rows in rows.contains { $0.hasPrefix("--- not connected (") } })
        terminal.type("quit\r")
        #expect(terminal.status() == 0)
    }
}
