import Testing

@testable import switchboard

@Suite struct ConnectInstructionTests {
    @Test(
        arguments: [
            ("", nil), ("   ", nil), ("# comment", nil), ("ping", .ping(count: 1)), ("  PING  7 ", .ping(count: 7)),
            ("send A", .send(type: "A", data: nil)),
            ("send A {\"b\": [1, 2]}", .send(type: "A", data: Array("{\"b\": [1, 2]}".utf8))),
            ("send A  \"x y\"", .send(type: "A", data: Array("\"x y\"".utf8))), ("status", .status), ("help", .help),
            ("Drop", .drop),
            ("?", .help), ("quit", .quit), ("exit", .quit),
        ] as [(String, ConnectInstruction?)])
    func parses(_ line: String, _ instruction: ConnectInstruction?) throws {
        #expect(try ConnectInstruction.parse(line) == instruction)
    }

    @Test(arguments: [
        ("pong", "there is no command `pong`; did you mean `ping`?"),
        ("xyzzy", "there is no command `xyzzy`; `help` lists them"),
        ("ping 0", "ping wants a number from 1 to 1000, or nothing"),
        ("ping 1 2", "ping wants a number from 1 to 1000, or nothing"),
        ("send", "send wants a type, and JSON if need be: send PingRequest {\"a\":1}"),
        ("send A {", "what follows the type is not JSON: it ends too early, at byte 1"),
    ])
    func refuses(_ line: String, _ text: String) {
        #expect(throws: UsageError(text)) { try ConnectInstruction.parse(line) }
    }
}
