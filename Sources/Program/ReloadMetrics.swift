import Telemetry

/// How often a program was told to read its files again, and what came of it.
struct ReloadMetrics {
    let done: Counter
    let failed: Counter

    init(registry: MetricsRegistry) {
        let name = "switchboard_reloads_total"
        let help = "Times that certificates, keys, secrets and lists were read again, on SIGHUP"
        done = registry.counter(name, help, labels: [("outcome", "done")])
        failed = registry.counter(name, help, labels: [("outcome", "failed")])
    }
}
