import Foundation
import Testing

@testable import switchboard

/// Where the command line's token comes from, and that it is not shown.
@Suite final class TokenSourceTests {
    private let folder = NSTemporaryDirectory() + "switchboard-token-\(UInt64.random(in: 0 ... .max))"

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func file(_ text: String) throws -> String {
        try text.write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
        return "\(folder)/token"
    }

    private func source(_ path: String?, _ environment: [String: String] = [:]) throws(UsageError) -> TokenSource {
        var arguments = ParsedArguments()
        arguments.values["--token-file"] = path
        return try TokenSource(arguments, environment: environment)
    }

    @Test func aFileGoesBeforeTheVariable() throws {
        #expect(try source(nil).headerLine == "")
        #expect(try source(nil, ["SWITCHBOARD_TOKEN": ""]).headerLine == "")
        #expect(try source(nil, ["SWITCHBOARD_TOKEN": "a.b.c"]).headerLine == "Authorization: Bearer a.b.c\r\n")
        let path = try file("\n d.e.f \r\n")
        let both = try source(path, ["SWITCHBOARD_TOKEN": "a.b.c"])
        #expect(both.headerLine == "Authorization: Bearer d.e.f\r\n")
        // As fresh as the file.
        _ = try file("g.h.i")
        #expect(both.headerLine == "Authorization: Bearer g.h.i\r\n")
        try FileManager.default.removeItem(atPath: path)
        #expect(both.headerLine == "")
    }

    @Test func whatIsNoTokenIsToldWithoutShowingIt() throws {
        for text in ["", "\n", "sec ret", "secret\r\nX: y", "secrét", String(repeating: "secret", count: 2000)] {
            for (path, environment) in [(try file(text), [:]), (nil, ["SWITCHBOARD_TOKEN": text])] {
                if path == nil, text.isEmpty { continue }
                do throws(UsageError) {
                    _ = try source(path, environment)
                    Issue.record("taken: \(text.prefix(20))")
                } catch {
                    #expect(!error.description.contains("sec") && error.description.contains("8192"), "\(error)")
                }
            }
        }
        #expect(throws: UsageError.self) { try source(folder + "/none") }
        let options = try ConnectionOptions(ParsedArguments(values: ["--token-file": try file("a.b.c")]))
        #expect(!"\(options)".contains("a.b.c") && options.httpCommand("ping").contains("--token-file \(folder)/token"))
        #expect(!"\(try source(nil, ["SWITCHBOARD_TOKEN": "a.b.c"]))".contains("a.b.c"))
    }

    @Test func everyRequestBringsIt() throws {
        let line = "Authorization: Bearer a.b.c\r\n"
        let handshake = String(decoding: SessionClient(endpoint: Endpoint(), headers: line).output, as: UTF8.self)
        #expect(handshake.contains("\r\nSec-WebSocket-Protocol: cloudevents.json\r\n\(line)\r\n"))
        #expect(handshake.hasSuffix("\r\n\r\n"))
        var template = RequestTemplate.post(run: 1, size: 10, host: "h:1", headers: line)
        template.withRequest(session: 1, number: 1, trace: nil) {
            #expect(String(decoding: $0, as: UTF8.self).contains("\r\n\(line)Content-Length:"))
        }
    }
}
