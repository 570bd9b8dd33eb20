/// What a request to a receiver holds.
public enum OTLPSignal: String, CaseIterable, Sendable { case traces, logs, metrics }
