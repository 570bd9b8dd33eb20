import Core
import Telemetry
import Testing

@Suite struct MetricsRegistryTests {
    private static func text(_ registry: MetricsRegistry) -> String {
        String(decoding: registry.prometheusText(), as: UTF8.self)
    }

    /// The text format of Prometheus, version 0.0.4.
    @Test func exposesWhatWasCounted() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "What a \\ is\nfor", labels: [("kind", "x\"\\\ny"), ("other", "1")])
        let gauge = registry.gauge("b", "A level")
        registry.gauge("c", "Read when asked") { 2.5 }
        counter.add()
        counter.add(4)
        gauge.set(7)
        gauge.add(-10)
        let text = Self.text(registry)
        #expect(text.contains("# HELP a_total What a \\\\ is\\nfor\n# TYPE a_total counter\n"))
        #expect(text.contains("a_total{kind=\"x\\\"\\\\\\ny\",other=\"1\"} 5\n"))
        #expect(text.contains("# TYPE b gauge\nb -3\n"))
        #expect(text.contains("c 2.5\n"))
        #expect(text.hasSuffix("\n"))
    }

    @Test func theSameNameAndLabelsAreTheSameSeries() {
        let registry = MetricsRegistry()
        for kind in ["x", "y", "x"] { registry.counter("a_total", "h", labels: [("kind", kind)]).add() }
        let text = Self.text(registry)
        #expect(text.components(separatedBy: "# TYPE a_total").count == 2)
        #expect(text.contains("a_total{kind=\"x\"} 2\n") && text.contains("a_total{kind=\"y\"} 1\n"))
    }

    @Test func countsFromManyThreads() throws {
        let counter = Counter()
        let threads = try (0..<4).map { _ in try Thread(name: "count") { for _ in 0..<10_000 { counter.add() } } }
        for thread in threads { thread.join() }
        #expect(counter.value == 40_000)
    }
}
