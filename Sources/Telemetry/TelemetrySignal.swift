/// What OpenTelemetry exports; the raw value is the signal's part of its variables and of its path.
public enum TelemetrySignal: String, CaseIterable, Sendable {
    case traces, logs, metrics
}
