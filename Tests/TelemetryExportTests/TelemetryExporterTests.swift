import Core
import Glibc
import Reactor
import Telemetry
import TestSupport
import Testing

@testable import TelemetryExport

@Suite struct TelemetryExporterTests {
    private static func names(_ range: Range<Int>) -> [String] { range.map { "span \($0)" } }

    @Test func aFullBatchGoesAtOnceAndTheRestWithTheFlush() throws {
        let collector = try Collector()
        let exporting = try Exporting(
            to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "3", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b"])
        exporting.record(count: 7)
        #expect(Polling.until { collector.posts().count == 2 })
        #expect(collector.posts().map(\.items) == [Self.names(0..<3), Self.names(3..<6)])
        exporting.stop()
        #expect(collector.posts().map(\.items) == [Self.names(0..<3), Self.names(3..<6), Self.names(6..<7)])
        let post = try #require(collector.posts().first)
        #expect(post.head.headers.first("content-type") == "application/json" && post.service == "tier")
        #expect(post.head.headers.first("x-key") == "a b")
        #expect(exporting.spans?.exported == 7 && exporting.spans?.dropped == 0 && exporting.spans?.count == 0)
    }

    @Test func aLoneSpanGoesAfterTheDelay() throws {
        let collector = try Collector()
        let exporting = try Exporting(to: collector.url, ["OTEL_BSP_SCHEDULE_DELAY": "20"])
        for number in 0..<2 {
            exporting.record(["lone \(number)"])
            #expect(Polling.until { collector.posts().last?.items == ["lone \(number)"] })
        }
        exporting.stop()
        #expect(collector.posts().count == 2)
    }

    @Test func theFlushSendsAllSignals() throws {
        let collector = try Collector()
        let exporting = try Exporting(to: collector.url, ["OTEL_SERVICE_NAME": "named"])
        exporting.record(["last"])
        exporting.parts.registry.counter("things_total", "Things").add()
        exporting.parts.logger.error("an error, to test the export of logs")
        exporting.stop()
        #expect(collector.posts(.traces).map(\.items) == [["last"]])
        #expect(collector.posts(.logs).map(\.items) == [["an error, to test the export of logs"]])
        #expect(collector.posts(.metrics).count == 1)
        let metrics = try #require(collector.posts(.metrics).first)
        #expect(metrics.items.contains("things_total") && metrics.service == "named")
        #expect(metrics.items.contains("switchboard_telemetry_dropped_total"))
    }

    @Test func eachTierOfAProcessExportsUnderItsName() throws {
        let collector = try Collector()
        let exporting = try Exporting(to: collector.url, ["OTEL_SERVICE_NAME": "named"])
        exporting.record(["mine"])
        let other = exporting.parts.sibling(service: "sibling")
        let context = RandomSource.withShared { other.tracer.begin(random: &$0) }
        other.tracer.record(Span("its", kind: .internal, context: context, startNanoseconds: 1, endNanoseconds: 2))
        exporting.stop()
        let found = Dictionary(uniqueKeysWithValues: collector.posts().map { ($0.service ?? "", $0.items) })
        #expect(found == ["named": ["mine"], "sibling": ["its"]])
    }

    @Test func onlySignalsWithAnEndpointAreExported() throws {
        let collector = try Collector()
        let exporting = try Exporting(to: collector.url, ["OTEL_LOGS_EXPORTER": "none"])
        exporting.parts.logger.error("an error, to test that it is not exported")
        exporting.record(["one"])
        exporting.stop()
        #expect(collector.posts(.logs).isEmpty && collector.posts().count == 1)
        let nothing = ProcessInstrumentation(settings: TelemetrySettings(), version: "", host: "", processID: 1)
        #expect(try TelemetryExporter.start(nothing) == nil)
        #expect(!nothing.make(service: "s").tracer.isEnabled)
    }

    @Test(arguments: [429, 502, 503, 504])
    func aPassingFailureIsRepeated(_ status: Int) throws {
        let collector = try Collector { number, _ in .status(number < 3 ? status : 200) }
        let exporting = try Exporting(to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2"])
        exporting.record(count: 2)
        #expect(Polling.until { exporting.spans?.exported == 2 })
        exporting.stop()
        #expect(collector.posts().count == 4 && Set(collector.posts().map(\.body)).count == 1)
        #expect(exporting.spans?.dropped == 0)
    }

    @Test func retryAfterIsKeptTo() throws {
        let collector = try Collector { number, _ in .status(number == 0 ? 503 : 200, retryAfter: "1") }
        let exporting = try Exporting(to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1"])
        exporting.record(["one"])
        #expect(Polling.until { exporting.spans?.exported == 1 })
        exporting.stop()
        let times = collector.posts().map(\.at)
        // The loop's clock stands still within a turn, so the timer can begin a little early.
        #expect(times.count == 2 && times[1].milliseconds(since: times[0]) >= 900)
    }

    /// Waiting so long would take longer than the batch may.
    @Test func aRetryAfterBeyondTheTimeDropsAtOnce() throws {
        let collector = try Collector { _, _ in .status(503, retryAfter: "3600") }
        let exporting = try Exporting(to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1"])
        exporting.record(["one"])
        #expect(Polling.until { exporting.spans?.dropped == 1 })
        exporting.stop()
        #expect(collector.posts().count == 1)
    }

    @Test(arguments: [400, 401, 404, 413, 500, 302])
    func anotherStatusIsNotRepeated(_ status: Int) throws {
        let collector = try Collector { number, _ in .status(number == 0 ? status : 200) }
        let exporting = try Exporting(to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2"])
        exporting.record(count: 2)
        #expect(Polling.until { exporting.spans?.dropped == 2 })
        exporting.record(count: 2)
        #expect(Polling.until { exporting.spans?.exported == 2 })
        exporting.stop()
        #expect(collector.posts().count == 2)
    }

    @Test func whatTheCollectorRejectsIsDropped() throws {
        let body = #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}"#
        let collector = try Collector { _, _ in .status(200, body: body) }
        let exporting = try Exporting(to: collector.url)
        exporting.record(count: 3)
        exporting.stop()
        #expect(exporting.spans?.exported == 1 && exporting.spans?.dropped == 2)
    }

    @Test func partialSuccessIsReadAsItComes() {
        func rejected(_ text: String, of count: Int = 9) -> Int? {
            PartialSuccess(answer: Array(text.utf8), signal: .logs, of: count)?.rejected
        }
        #expect(rejected(#"{"partialSuccess":{"rejectedLogRecords":5}}"#) == 5)
        #expect(rejected(#"{"partialSuccess":{"rejectedLogRecords":"99"}}"#) == 9)
        for text in [
            "", "{", "[]", "{}", #"{"partialSuccess":null}"#, #"{"partialSuccess":{"rejectedSpans":5}}"#,
            #"{"partialSuccess":{"rejectedLogRecords":-5}}"#, #"{"partialSuccess":{"rejectedLogRecords":"x"}}"#,
            #"{"partialSuccess":{"errorMessage":"a warning"}}"#,
        ] { #expect(rejected(text) == nil, "\(text)") }
    }

    @Test func aCollectorThatIsGoneCostsWhatDoesNotFit() throws {
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        close(socket.fd)
        let exporting = try Exporting(
            to: "http://127.0.0.1:\(socket.port)",
            [
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_MAX_QUEUE_SIZE": "20",
                "OTEL_BSP_EXPORT_TIMEOUT": "100", "OTEL_BSP_SCHEDULE_DELAY": "20",
            ])
        exporting.record(count: 1000)
        #expect(Polling.until { exporting.spans?.dropped == 1000 })
        #expect(exporting.spans?.count == 0 && exporting.spans?.exported == 0)
        let text = String(decoding: exporting.parts.registry.prometheusText(), as: UTF8.self)
        #expect(text.contains("switchboard_telemetry_dropped_total{signal=\"traces\"} 1000\n"))
        #expect(text.contains("switchboard_telemetry_exported_total{signal=\"traces\"} 0\n"))
        #expect(text.contains("switchboard_telemetry_queue{signal=\"traces\"} 0\n"))
        exporting.record(count: 5)
        exporting.stop()
        #expect(exporting.spans?.dropped == 1005)
    }

    /// The collector holds every request: those who record go on, and the end does not wait for it.
    @Test func aCollectorThatHangsHoldsUpNobody() throws {
        let collector = try Collector { _, _ in .none }
        let exporting = try Exporting(
            to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_BSP_MAX_QUEUE_SIZE": "50"])
        exporting.record(count: 10)
        #expect(Polling.until { collector.posts().count == 1 })
        let threads = try (0..<4).map { _ in try Thread(name: "record") { exporting.record(count: 1000) } }
        for thread in threads { thread.join() }
        // The ten under way take room until they are settled.
        #expect(exporting.spans?.count == 50 && exporting.spans?.dropped == 3960)
        exporting.stop(flushMilliseconds: 50)
        #expect(collector.posts().count == 1)
        #expect(exporting.spans?.dropped == 4010 && exporting.spans?.count == 0)
    }

    @Test func aRequestThatIsNotAnsweredInTimeIsRepeated() throws {
        let collector = try Collector { number, _ in number == 0 ? .none : .status(200) }
        let exporting = try Exporting(
            to: collector.url, ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "OTEL_EXPORTER_OTLP_TIMEOUT": "50"])
        exporting.record(["one"])
        #expect(Polling.until { exporting.spans?.exported == 1 })
        exporting.stop()
        #expect(collector.posts().count == 2)
    }
}
