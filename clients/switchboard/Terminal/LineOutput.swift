import JSON
import Program

/// Lines on standard output, for people or as JSON.
struct LineOutput {
    let printsJSON: Bool

    func line(
        _ text: @autoclosure () -> String, json event: String, _ members: @autoclosure () -> [(String, JSONValue)]
    ) {
        write(formatted(text(), json: event, members()))
    }

    /// Something by the way: on standard error for people, in line for programs.
    func note(_ text: String, json event: String, _ members: [(String, JSONValue)]) {
        StandardStreams.write(formatted(text, json: event, members) + "\n", toError: !printsJSON)
    }

    func write(_ line: String) { StandardStreams.write(line + "\n", toError: false) }

    /// One line (or, for people, some) without its end.
    func formatted(
        _ text: @autoclosure () -> String, json event: String, _ members: @autoclosure () -> [(String, JSONValue)]
    ) -> String {
        guard printsJSON else { return text() }
        var bytes: [UInt8] = []
        JSONValue.object([("event", .string(event))] + members()).append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
