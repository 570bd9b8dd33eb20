/// Decides which traces are recorded; by the names of `OTEL_TRACES_SAMPLER`.
public struct Sampler: Equatable, Sendable {
    public static let names = [
        "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off",
        "parentbased_traceidratio",
    ]
    public static let alwaysOn = Sampler(threshold: 0, followsParent: false)
    public static let alwaysOff = Sampler(threshold: randomnessEnd, followsParent: false)
    /// What the specification has as the default.
    public static let parentBasedAlwaysOn = Sampler(threshold: 0, followsParent: true)

    private static let randomnessEnd: UInt64 = 1 << 56

    /// Traces whose randomness is below it are left out.
    private let threshold: UInt64
    /// Whether a parent's decision holds.
    private let followsParent: Bool

    private init(threshold: UInt64, followsParent: Bool) {
        self.threshold = threshold
        self.followsParent = followsParent
    }

    /// Nil for an unknown name. - Parameter ratio: from 0 to 1; looked at by the `traceidratio` ones only.
    public init?(name: String, ratio: Double) {
        let prefix = "parentbased_"
        followsParent = name.hasPrefix(prefix)
        switch followsParent ? String(name.dropFirst(prefix.count)) : name {
        case "always_on": threshold = 0
        case "always_off": threshold = Self.randomnessEnd
        case "traceidratio":
            let left = (1 - min(max(ratio, 0), 1)) * Double(Self.randomnessEnd)
            threshold = UInt64(left.rounded())
        default: return nil
        }
    }

    /// The same trace id yields the same decision in every process: its last 56 bits are its randomness, as W3C Trace
    /// Context level 2 has it, and those from the rejection threshold up are sampled.
    public func isSampled(traceIDLow: UInt64, parent: TraceContext?) -> Bool {
        if followsParent, let parent, parent.isValid { return parent.isSampled }
        return traceIDLow & (Self.randomnessEnd - 1) >= threshold
    }
}
