import Telemetry
import Testing

@Suite struct EventCountersTests {
    private static func lines(_ registry: MetricsRegistry) -> [String] {
        String(decoding: registry.prometheusText(), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    @Test func byTypeAndOutcome() {
        let registry = MetricsRegistry()
        let counters = EventCounters(registry: registry)
        counters.add(type: "A", outcome: "published")
        counters.add(4, type: "A", outcome: "published")
        counters.add(type: "A", outcome: "no-listener")
        #expect(
            Self.lines(registry) == [
                #"switchboard_events_total{type="A",outcome="published"} 5"#,
                #"switchboard_events_total{type="A",outcome="no-listener"} 1"#,
            ])
    }

    @Test func typesAreBounded() {
        let registry = MetricsRegistry()
        let counters = EventCounters(registry: registry, types: ["known"])
        for number in 0..<1000 { counters.add(type: "t\(number)", outcome: "handled") }
        counters.add(type: "known", outcome: "handled")
        let lines = Self.lines(registry)
        #expect(lines.count == EventCounters.typesMax + 1)
        #expect(lines.contains(#"switchboard_events_total{type="_other",outcome="handled"} 937"#))
        #expect(lines.contains(#"switchboard_events_total{type="known",outcome="handled"} 1"#))
    }
}
