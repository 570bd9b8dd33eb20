import Foundation
import Testing

/// `connect` on a pseudo-terminal.
@Suite(.serialized) final class TerminalTests {
    let gateway: DevGateway
    let state = NSTemporaryDirectory() + "switchboard-state-\(UInt32.random(in: 0 ... .max))"

    init() throws { gateway = try DevGateway() }

    deinit { try? FileManager.default.removeItem(atPath: state) }

    private func connect(_ options: [String] = [], columns: UInt16 = 100) throws -> TerminalProcess {
        let terminal = try TerminalProcess(
            ["connect"] + options + [gateway.webSocketURL], columns: columns, state: state)
        #expect(terminal.waits { $0.last == "> " && $0[0].hasPrefix("connected to ") }, "\(terminal.rows)")
        return terminal
    }

    @Test func anAnswerDoesNotTearTheTypedLine() throws {
        let terminal = try connect()
        terminal.type("ping 3\rhalf a li")
        #expect(
            terminal.waits { rows in
                rows.last == "> half a li" && rows.filter { $0.hasPrefix("PingResponse time=") }.count == 3
            }, "\(terminal.rows)")
        #expect(terminal.rows.contains("> ping 3"))
        #expect(!terminal.rows.dropLast().contains { $0.contains("half") && $0.contains("Ping") })
        terminal.type("ne\u{01}# \u{05}\r")
        #expect(terminal.waits { $0.suffix(2) == ["> # half a line", "> "] }, "\(terminal.rows)")
        terminal.type("quit\r")
        #expect(terminal.status() == 0)
    }

    @Test func editsRecallsAndCompletes() throws {
        let terminal = try connect()
        terminal.type("sta\t\r")
        #expect(terminal.waits { rows in rows.last == "> " && rows.contains { $0.hasPrefix("0 sent, 0 answered") } })
        terminal.type("xping 日\u{1B}[D\u{1B}[D\u{1B}[H\u{1B}[3~")
        #expect(terminal.waits { $0.last == "> ping 日" }, "\(terminal.rows)")
        terminal.type("\u{03}")
        #expect(terminal.waits { $0.suffix(2) == ["> ^C", "> "] }, "\(terminal.rows)")
        terminal.type("\u{1B}[A")
        #expect(terminal.waits { $0.last == "> status " }, "\(terminal.rows)")
        terminal.type("\u{15}\u{1B}[200~ping\n2\u{1B}[201~")
        #expect(terminal.waits { $0.last == "> ping 2" }, "\(terminal.rows)")
        terminal.type("\r")
        #expect(terminal.waits { rows in rows.filter { $0.hasPrefix("PingResponse") }.count == 2 })
        terminal.type("\u{04}")
        #expect(terminal.status() == 0)
        let again = try connect()
        again.type("\u{10}")
        #expect(again.waits { $0.last == "> ping 2" }, "\(again.rows)")
        again.type("\u{15}\u{04}")
        #expect(again.status() == 0)
    }

    @Test func aLongLineScrollsAndFollowsTheTerminalsWidth() throws {
        let terminal = try connect(columns: 20)
        terminal.type("abcdefghijklmnopqrstuvwxyz")
        #expect(terminal.waits { $0.last == "> jklmnopqrstuvwxyz" }, "\(terminal.rows)")
        terminal.resize(columns: 60)
        #expect(terminal.waits { $0.last == "> abcdefghijklmnopqrstuvwxyz" }, "\(terminal.rows)")
        terminal.type("\u{15}\u{04}")
        #expect(terminal.status() == 0)
    }

    @Test func leavesTheTerminalAsItWas() throws {
        let terminal = try connect()
        terminal.type("quit\r")
        #expect(terminal.status() == 0)
        let written = String(decoding: terminal.written, as: UTF8.self)
        #expect(written.contains("\u{1B}[?2004h"))
        #expect(written.hasSuffix("\u{1B}[?2004l"))
    }

    @Test func mistakesAreExplained() throws {
        let terminal = try connect()
        terminal.type("pign\rsend X {\r")
        #expect(
            terminal.waits { rows in
                rows.contains("there is no command `pign`; did you mean `ping`?")
                    && rows.contains("what follows the type is not JSON: it ends too early, at byte 1")
            }, "\(terminal.rows)")
        terminal.type("\u{04}")
        #expect(terminal.status() == 0)
    }

    @Test func theGatewaysEndIsTold() throws {
        let terminal = try connect(["--no-reconnect"])
        terminal.type("typing")
        #expect(terminal.waits { $0.last == "> typing" })
        gateway.end()
        #expect(terminal.status() == 1)
        #expect(
            terminal.rows.contains { $0.hasPrefix("the gateway closed the connection with 1001 (it shuts down") },
            "\(terminal.rows)")
        #expect(String(decoding: terminal.written, as: UTF8.self).hasSuffix("\u{1B}[?2004l"))
    }
}
