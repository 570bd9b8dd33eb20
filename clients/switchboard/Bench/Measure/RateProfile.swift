import Glibc

/// How many events per second are due over time, and so when each of them is due, whatever became of those before: a
/// latency that counts from there leaves out nothing.
struct RateProfile: Equatable {
    /// The rate goes from one to the other on a straight line.
    struct Segment: Equatable {
        let seconds: Double
        let from: Double
        let to: Double
        var events: Double { seconds * (from + to) / 2 }
    }

    /// One after the other, and from the first again.
    let segments: [Segment]
    private let secondsPerCycle: Double
    private let eventsPerCycle: Double

    static let burstPeriodSeconds = 5.0
    static let burstBeginsAfterSeconds = 1.0
    static let burstSeconds = 1.0
    static let burstFactor = 10.0

    /// - Parameter segments: not empty, with at least one event in all.
    init(_ segments: [Segment]) {
        self.segments = segments
        secondsPerCycle = segments.reduce(0) { $0 + $1.seconds }
        eventsPerCycle = segments.reduce(0) { $0 + $1.events }
    }

    static func steady(_ rate: Double) -> RateProfile { RateProfile([Segment(seconds: 1, from: rate, to: rate)]) }

    /// From nothing to the rate.
    static func rising(to rate: Double, seconds: Double) -> RateProfile {
        RateProfile([Segment(seconds: seconds, from: 0, to: rate)])
    }

    /// Ten times as many for one second in five.
    static func bursts(_ rate: Double) -> RateProfile {
        let rest = burstPeriodSeconds - burstBeginsAfterSeconds - burstSeconds
        return RateProfile([
            Segment(seconds: burstBeginsAfterSeconds, from: rate, to: rate),
            Segment(seconds: burstSeconds, from: rate * burstFactor, to: rate * burstFactor),
            Segment(seconds: rest, from: rate, to: rate),
        ])
    }

    /// Whether a time lies in a burst of `bursts`.
    static func isInBurst(seconds: Double) -> Bool {
        let at = seconds.truncatingRemainder(dividingBy: burstPeriodSeconds) - burstBeginsAfterSeconds
        return at >= 0 && at < burstSeconds
    }

    /// When the event is due, in nanoseconds after the beginning. - Parameter event: from 0.
    func nanoseconds(of event: UInt64) -> UInt64 {
        let cycles = (Double(event) / eventsPerCycle).rounded(.down)
        var rest = max(0, Double(event) - cycles * eventsPerCycle)
        var seconds = cycles * secondsPerCycle
        for (index, segment) in segments.enumerated() {
            guard rest >= segment.events, index < segments.count - 1 else {
                seconds += Self.seconds(until: min(rest, segment.events), in: segment)
                break
            }
            rest -= segment.events
            seconds += segment.seconds
        }
        return UInt64(min(seconds * 1e9, 9e18))
    }

    /// Solves from·t + slope·t²/2 = events in the form that does not cancel out.
    private static func seconds(until events: Double, in segment: Segment) -> Double {
        guard events > 0 else { return 0 }
        let slope = (segment.to - segment.from) / segment.seconds
        let root = max(0, segment.from * segment.from + 2 * slope * events).squareRoot()
        return 2 * events / (segment.from + root)
    }
}
