import Foundation
import Testing

@testable import switchboard

/// What `switchboard dead-letters` makes of its arguments.
@Suite struct DeadLettersOptionsTests {
    private func options(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws(UsageError) -> DeadLettersOptions? {
        guard case .arguments(let parsed) = try DeadLettersOptions.syntax.parse(arguments) else { return nil }
        return try DeadLettersOptions(parsed, environment: environment)
    }

    @Test func eachActionTakesWhatItNeeds() throws {
        let list = try #require(
            try options(["list", "--type", "A", "--reason", "b", "--session", "c", "--limit", "3"]))
        #expect(list.action == .list && list.limit == 3 && list.queue == "switchboard.dead-letters")
        #expect(list.selection == DeadLetterSelection(ids: [], type: "A", reason: "b", session: "c"))
        let replay = try #require(try options(["replay", "1", "2", "--lifetime", "0", "--json"]))
        #expect(replay.action == .replay && replay.selection.ids == ["1", "2"])
        #expect(replay.lifetimeSeconds == 0 && replay.printsJSON)
        let drop = try #require(try options(["drop", "--all", "--yes", "--queue", "other"]))
        #expect(drop.action == .drop && drop.selection.ids.isEmpty && drop.isAgreed && drop.queue == "other")
        #expect(try options(["show", "x"])?.action == .show)
    }

    @Test(arguments: [
        [], ["shwo"], ["show"], ["show", "1", "2"], ["list", "1"], ["replay"], ["replay", "1", "--all"], ["drop"],
        ["drop", ""], ["list", "--all"], ["list", "--yes"], ["replay", "1", "--yes"], ["drop", "1", "--lifetime", "3"],
        ["show", "1", "--limit", "3"], ["list", "--limit", "0"], ["replay", "1", "--lifetime", "-1"],
        ["list", "--queue", ""], ["list", "--amqp", "amqp://a/", "--amqp-file", "/dev/null"],
        ["list", "--amqp-file", "/nothing/here"],
    ])
    func whatIsWrongIsRefused(_ arguments: [String]) {
        #expect(throws: UsageError.self) { try options(arguments) }
    }

    @Test func theBrokerComesFromTheOptionTheVariableOrTheDefault() throws {
        let environment = [DeadLettersOptions.variable: "amqp://b/"]
        #expect(try options(["list", "--amqp", "amqp://a/"], environment: environment)?.url == "amqp://a/")
        #expect(try options(["list"], environment: environment)?.url == "amqp://b/")
        let file = NSTemporaryDirectory() + "switchboard-amqp-\(UInt64.random(in: 0 ... .max))"
        try "amqp://c/\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try options(["list", "--amqp-file", file], environment: environment)?.url == "amqp://c/")
        #expect(
            try options(["list"], environment: [DeadLettersOptions.variable: ""])?.url == DeadLettersOptions.defaultURL)
    }

    @Test func theQuestionSaysWhatIsMeant() {
        #expect(DeadLetterSelection().description == "all dead letters")
        let selection = DeadLetterSelection(ids: ["1", "2\u{1b}"], type: "T", reason: "expired", session: "s")
        #expect(selection.description.hasPrefix("the dead letters with the id 1, 2"))
        #expect(selection.description.hasSuffix("of the type T that died of expired of the session s"))
        #expect(!selection.description.contains("\u{1b}"))
    }

    @Test(arguments: [
        ("{}", "{}"), ("[ ]", "[]"), ("1", "1"),
        (
            #"{"a":1,"b":[1,{"c":"x,{}\"[]"}],"d":{ }}"#,
            "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    {\n      \"c\": \"x,{}\\\"[]\"\n    }\n  ],\n  \"d\": {}\n}"
        ),
    ])
    func eachMemberGetsALine(_ json: String, _ lines: String) {
        #expect(IndentedJSON.text(Array(json.utf8)) == lines)
    }
}
