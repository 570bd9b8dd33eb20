import Foundation
import TestSupport
import Testing

/// `switchboard trace` and its receivers, as they are run from a shell.
@Suite(.serialized) struct TraceCommandTests {
    /// As the official Python SDK's records are written by protobuf's JSON mapping, with ids in hexadecimal.
    private static let foreignTrace = "5b8efff798038103d269b633813fc60c"
    private static func foreignSpans(_ now: UInt64) -> String {
        """
        {"resourceSpans": [{"resource": {"attributes": [
           {"key": "telemetry.sdk.language", "value": {"stringValue": "python"}},
           {"key": "telemetry.sdk.name", "value": {"stringValue": "opentelemetry"}},
           {"key": "service.name", "value": {"stringValue": "shop"}}]},
         "scopeSpans": [{"scope": {"name": "shop.orders", "version": "0.1"}, "spans": [
           {"traceId": "\(foreignTrace)", "spanId": "eee19b7ec3c1b174", "parentSpanId": "eee19b7ec3c1b173",
            "name": "charge card", "kind": "SPAN_KIND_CLIENT", "startTimeUnixNano": "\(now + 2_000_000)",
            "endTimeUnixNano": "\(now + 7_000_000)",
            "attributes": [{"key": "messaging.message.id", "value": {"stringValue": "order/7"}}],
            "events": [{"timeUnixNano": "\(now + 4_000_000)", "name": "exception", "attributes": [
               {"key": "exception.type", "value": {"stringValue": "ValueError"}}]}],
            "status": {"message": "ValueError: declined", "code": "STATUS_CODE_ERROR"}, "flags": 256},
           {"traceId": "\(foreignTrace)", "spanId": "eee19b7ec3c1b173", "name": "POST /orders",
            "kind": "SPAN_KIND_SERVER", "startTimeUnixNano": "\(now)", "endTimeUnixNano": "\(now + 10_000_000)",
            "attributes": [{"key": "http.response.status_code", "value": {"intValue": "500"}},
               {"key": "messaging.message.conversation_id", "value": {"stringValue": "cart 1"}}],
            "status": {}, "flags": 256}]}]}]}
        """
    }

    private static func foreignLogs(_ now: UInt64) -> String {
        """
        {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
         "scopeLogs": [{"scope": {}, "logRecords": [
           {"timeUnixNano": "\(now + 5_000_000)", "observedTimeUnixNano": "\(now + 5_000_100)",
            "severityNumber": "SEVERITY_NUMBER_ERROR", "severityText": "ERROR", "body": {"stringValue": "card declined"},
            "attributes": [{"key": "code.line.number", "value": {"intValue": "42"}}],
            "traceId": "\(foreignTrace)", "spanId": "eee19b7ec3c1b174", "flags": 1}]}]}]}
        """
    }

    private static func post(_ url: String, _ path: String, _ body: String) throws -> RawResponse? {
        let socket = try RawSocket(port: RawSocket.port(of: url))
        socket.send(
            "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        return RawResponse.read(socket)
    }

    private static func trace(_ arguments: [String], _ gateway: DevGateway) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try BuiltProgram.run(
            ["trace"] + arguments + ["--from", try #require(gateway.telemetryURL), "--events", gateway.httpURL])
    }

    @Test func aForeignTraceInAllItsForms() throws {
        let gateway = try DevGateway()
        let url = try #require(gateway.telemetryURL)
        let now = UInt64(Date().timeIntervalSince1970 * 1000) * 1_000_000
        #expect(try Self.post(url, "/v1/traces", Self.foreignSpans(now))?.body == "{}")
        #expect(try Self.post(url, "/v1/logs", Self.foreignLogs(now))?.body == "{}")
        let expected = """
            offset ms     took                          kind     service: span
                0.000   10.000 ████████████████████████ server   shop: POST /orders
                2.000    5.000     █████████████        client   └ shop: charge card  ✗ ValueError: declined
                4.000                   ·                            ◆ exception  exception.type=ValueError
                5.000                      ·                         ≡ ERROR card declined  code.line.number=42

            """
        for id in [Self.foreignTrace, String(Self.foreignTrace.prefix(16)), "order/7", "cart 1"] {
            let run = try Self.trace([id], gateway)
            #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
            #expect(
                run.output.hasPrefix("trace \(Self.foreignTrace)  ") && run.output.hasSuffix(expected), "\(run.output)")
            #expect(run.output.contains("\nevent order/7\nsession cart 1\n") && !run.output.contains("\u{1B}"))
        }
        #expect(try Self.trace(["--last"], gateway).output.hasSuffix(expected))
        let table = try Self.trace(["--slowest", "5"], gateway)
        let row = try #require(table.output.split(separator: "\n").first { $0.contains(Self.foreignTrace) })
        #expect(row.hasSuffix("10.000 ms      2      1  shop: POST /orders (shop)"), "\(table.output)")
        #expect(table.output.contains("\nto see one: switchboard trace "))
        let json = try Self.trace([Self.foreignTrace, "--json"], gateway)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((object["resourceSpans"] as? [Any])?.count == 1 && (object["resourceLogs"] as? [Any])?.count == 1)
    }

    @Test func aPingIsFoundByItsEventAndItsSession() throws {
        let gateway = try DevGateway()
        let pings = try BuiltProgram.run(
            ["ping", "--json", "-c", "2", "-i", "0", gateway.webSocketURL],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": try #require(gateway.telemetryURL)])
        let ids = pings.output.split(separator: "\n").compactMap { line -> String? in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["event"] as? String == "answer" ? object?["id"] as? String : nil
        }
        #expect(ids.count == 2, "\(pings)")
        let one = try Self.trace(try #require(ids.first.map { [$0, "--wait", "10"] }), gateway)
        #expect(one.status == 0 && one.errors.isEmpty, "\(one)")
        for text in [
            "switchboard: PingRequest", "└ public-web: receive PingRequest", "send switchboard.events:PingRequest",
            "└ ping-listener: process switchboard.events:PingRequest", "└ public-web: push PingResponse",
            "\nevent \(ids[0])  answered\n    0.000  accepted ", "  consumed ", "  pushed ",
        ] { #expect(one.output.contains(text), "\(text) is not in\n\(one.output)") }
        #expect(!one.output.contains("missing"), "\(one.output)")
        let session = try #require(one.output.split(separator: "\n").first { $0.hasPrefix("session ") }?.dropFirst(8))
        let many = try Self.trace([String(session)], gateway)
        // The handshake's besides those of the pings.
        #expect(many.output.hasPrefix("session \(session) has 3 traces\n"), "\(many.output)")
        // To look leaves no trace.
        let last = try Self.trace(["--last", "50"], gateway)
        #expect(!last.output.contains("GET /events"), "\(last.output)")
    }

    /// The timeline is public-web's: it is there without any trace.
    @Test func anEventThatWasNotSampledHasItsTimeline() throws {
        let gateway = try DevGateway()
        let event = #"{"specversion":"1.0","id":"quiet","source":"/t","type":"PingRequest"}"#
        let socket = try RawSocket(port: RawSocket.port(of: gateway.httpURL))
        socket.send(
            "POST /events HTTP/1.1\r\nHost: h\r\nContent-Type: application/cloudevents+json\r\nContent-Length: \(event.utf8.count)\r\n"
                + "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n\r\n" + event)
        #expect(RawResponse.read(socket)?.status == 200)
        let run = try Self.trace(["quiet", "--wait", "0"], gateway)
        #expect(run.status == 0 && run.output.contains("\nevent quiet  answered\n"), "\(run)")
        let without = try BuiltProgram.run(
            ["trace", "quiet", "--wait", "0", "--from", "http://127.0.0.1:9", "--events", gateway.httpURL])
        #expect(without.status == 0 && without.output.contains("\nevent quiet  answered\n"), "\(without)")
        #expect(without.errors.contains("nothing that keeps traces answers at http://127.0.0.1:9"))
    }

    @Test func whatIsUnknownIsToldInOneLine() throws {
        let gateway = try DevGateway()
        for arguments in [["nobody\u{1B}"], ["--last"], ["--slowest", "3"]] {
            let run = try Self.trace(arguments + ["--wait", "0"], gateway)
            #expect(run.status == 1 && run.output.isEmpty, "\(run)")
            #expect(run.errors.split(separator: "\n").count == 1 && !run.errors.contains("\u{1B}"), "\(run.errors)")
        }
        let nothing = try BuiltProgram.run(["trace", "--last", "--from", "http://127.0.0.1:9"])
        #expect(nothing.status == 1 && nothing.errors.contains("switchboard dev"), "\(nothing)")
        let other = try BuiltProgram.run(["trace", "--last", "--from", gateway.httpURL])
        #expect(other.status == 1 && other.errors.contains("is another collector there?"), "\(other)")
    }

    @Test(arguments: [
        [], ["a", "b"], ["a", "--last"], ["--last", "--slowest"], ["--last=0"], ["--slowest=x"], ["--last", "1001"],
        ["--from", "gopher://x", "a"], [""], ["--wait", "-1", "a"],
    ])
    func wrongCommandLines(_ arguments: [String]) throws {
        let run = try BuiltProgram.run(["trace"] + arguments)
        #expect(run.status == 2 && run.output.isEmpty && run.errors.split(separator: "\n").count == 1, "\(run)")
    }

    @Test func aReceiverThatIsThereAlreadyIsSentTo() throws {
        let first = try DevGateway()
        let url = try #require(first.telemetryURL)
        let second = try DevGateway(["--telemetry", "127.0.0.1:\(RawSocket.port(of: url))", "--log-level", "warning"])
        #expect(second.telemetryURL == url)
        #expect(try BuiltProgram.run(["ping", "-c", "1", second.webSocketURL]).status == 0)
        let run = try Self.trace(["--last", "--wait", "5"], first)
        #expect(run.output.contains("public-web: receive PingRequest"), "\(run)")
    }

    @Test func theUsersOwnVariablesAreFollowed() throws {
        let receiver = try DevGateway()
        let url = try #require(receiver.telemetryURL)
        let own = try DevGateway(
            [], environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"])
        #expect(own.telemetryURL == nil)
        #expect(try BuiltProgram.run(["ping", "-c", "1", own.webSocketURL]).status == 0)
        #expect(try Self.trace(["--last", "--wait", "5"], receiver).output.contains("ping-listener: process"))
        #expect(try DevGateway([], environment: ["OTEL_SDK_DISABLED": "true"]).telemetryURL == nil)
        #expect(try DevGateway(["--telemetry", "none"]).telemetryURL == nil)
    }
}
