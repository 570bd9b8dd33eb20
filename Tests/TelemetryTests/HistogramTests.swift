import Core
import Foundation
import Telemetry
import TestSupport
import Testing

@Suite struct HistogramTests {
    private static let context = TraceContext(
        traceIDHigh: 0x4bf9_2f35_77b3_4da6, traceIDLow: 0xa3ce_929d_0e0e_4736, spanID: 0x00f0_67aa_0ba9_02b7, flags: 1)

    @Test func boundsAreInclusive() {
        let histogram = Histogram(bounds: [0.5, 1])
        for value in [0, 0.5, 0.6, 1, 1.1, -.infinity, .nan] { histogram.record(value) }
        #expect(histogram.snapshot.counts == [3, 2, 1] && histogram.snapshot.count == 6)
        let other = Histogram(bounds: [0.5, 1])
        other.record(nanoseconds: 750_000_000)
        other.record(2)
        #expect(other.snapshot.sum == 2.75 && other.snapshot.counts == [0, 1, 1])
    }

    @Test func countsFromManyThreads() throws {
        let histogram = Histogram(bounds: [1, 2, 3])
        let context = Self.context
        let threads = try (0..<4).map { index in
            try Thread(name: "record") {
                for _ in 0..<10_000 { histogram.record(Double(index) + 0.5, context: context) }
            }
        }
        #expect(Polling.until { histogram.snapshot.count == 40_000 })
        for thread in threads { thread.join() }
        let snapshot = histogram.snapshot
        #expect(snapshot.counts == [10_000, 10_000, 10_000, 10_000] && snapshot.sum == 80_000)
        for exemplar in snapshot.exemplars { #expect(exemplar?.context ?? context == context) }
    }

    @Test func onlySampledMeasurementsAreExemplars() {
        let histogram = Histogram(bounds: [1])
        histogram.record(0.5, context: TraceContext(traceIDHigh: 1, traceIDLow: 1, spanID: 1, flags: 0))
        histogram.record(0.5)
        #expect(histogram.snapshot.exemplars.allSatisfy { $0 == nil })
        histogram.record(2, context: Self.context)
        histogram.record(3, context: Self.context)
        let exemplars = histogram.snapshot.exemplars
        #expect(exemplars[0] == nil && exemplars[1]?.context == Self.context && exemplars[1]?.value == 3)
    }

    @Test func standsInBothTextFormats() throws {
        let registry = MetricsRegistry()
        let labels = [("http.route", "/ws")]
        let histogram = registry.histogram(
            "http.server.request.duration", "How long", labels: labels, bounds: [0.25, 1])
        #expect(registry.histogram("http.server.request.duration", "", labels: labels, bounds: [2]) === histogram)
        registry.counter("a_total", "As \"it\" is", labels: [("k", "v")]).add(3)
        histogram.record(0.25)
        histogram.record(0.5, context: Self.context)
        histogram.record(7)
        let text = String(decoding: registry.prometheusText(), as: UTF8.self)
        #expect(
            text == """
                # HELP http_server_request_duration_seconds How long
                # TYPE http_server_request_duration_seconds histogram
                http_server_request_duration_seconds_bucket{http_route="/ws",le="0.25"} 1
                http_server_request_duration_seconds_bucket{http_route="/ws",le="1.0"} 2
                http_server_request_duration_seconds_bucket{http_route="/ws",le="+Inf"} 3
                http_server_request_duration_seconds_sum{http_route="/ws"} 7.75
                http_server_request_duration_seconds_count{http_route="/ws"} 3
                # HELP a_total As "it" is
                # TYPE a_total counter
                a_total{k="v"} 3

                """)
        let open = String(decoding: registry.openMetricsText(), as: UTF8.self)
        let second = open.split(separator: "\n").first { $0.contains("le=\"1.0\"") }
        let exemplar = #"# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 0.5 "#
        let time = try #require(second?.components(separatedBy: exemplar).last.flatMap(Double.init))
        #expect(time > 1_700_000_000)
        #expect(open.contains("# UNIT http_server_request_duration_seconds seconds\n"))
        #expect(open.contains("# HELP a As \\\"it\\\" is\n# TYPE a counter\na_total{k=\"v\"} 3\n"))
        #expect(open.hasSuffix("\n# EOF\n") && open.components(separatedBy: "# {").count == 2)
    }

    @Test func theFormatIsTheAcceptedOne() {
        #expect(PrometheusText.Format(accept: nil) == .prometheus)
        #expect(PrometheusText.Format(accept: "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == .prometheus)
        #expect(PrometheusText.Format(accept: "application/openmetrics-text;version=1.0.0;q=0.75,*/*") == .openMetrics)
    }

    /// What Prometheus itself has to say of the text.
    @Test func promtoolFindsNothingWrong() throws {
        let registry = MetricsRegistry()
        registry.histogram("http.server.request.duration", "How long", labels: [("a", "b")]).record(0.3)
        registry.histogram("messaging.message.size", "How large", unit: "By", bounds: [1024]).record(1)
        registry.counter("switchboard_events", "Counted \\ things").add()
        registry.gauge("switchboard_lag", "How far behind", unit: "s") { 0.25 }
        registry.gauge("switchboard_odd", "No number", labels: [("k", "\"\\\n")]) { .nan }
        let promtool = Process()
        promtool.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        promtool.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        promtool.standardInput = input
        promtool.standardOutput = output
        promtool.standardError = output
        try promtool.run()
        input.fileHandleForWriting.write(Data(registry.prometheusText()))
        try input.fileHandleForWriting.close()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        promtool.waitUntilExit()
        #expect(promtool.terminationStatus == 0 && said.isEmpty, "\(String(decoding: said, as: UTF8.self))")
    }
}
