/// What a scenario makes of the options: times, rates and shares.
struct ScenarioPlan {
    private static let slowShare = 5
    private static let slowPeriodMillisecondsMax: UInt64 = 4000

    let options: BenchOptions

    /// Nil: the closed loop.
    var profile: RateProfile? {
        guard let rate = options.rate else { return nil }
        switch options.scenario {
        case .ramp: return .rising(to: rate, seconds: Double(options.durationMilliseconds) / 1000)
        case .burst: return .bursts(rate)
        default: return .steady(rate)
        }
    }

    /// The load begins while the sessions are opened.
    var opensUnderLoad: Bool { options.scenario == .ramp && options.rate == nil }

    /// Over which the sessions are opened; 0: as fast as they open.
    var openingMilliseconds: UInt64 { opensUnderLoad ? options.durationMilliseconds : options.rampMilliseconds }

    var sendsRequests: Bool { options.scenario != .idle }

    /// How many of the sessions may have begun to open.
    func openable(afterMilliseconds elapsed: UInt64) -> Int {
        guard openingMilliseconds > 0 else { return options.sessions }
        let share = min(Double(elapsed) / Double(openingMilliseconds), 1)
        return min(options.sessions, Int(share * Double(options.sessions)) + 1)
    }

    func isSlow(session: Int) -> Bool {
        options.scenario == .slowConsumers && session % Self.slowShare == Self.slowShare - 1
            || options.scenario == .slowConsumers && options.sessions < Self.slowShare
                && session == options.sessions - 1
    }

    /// Slow sessions read for so long, and then do not for so long.
    var slowHalfPeriodMilliseconds: UInt64 {
        max(50, min(Self.slowPeriodMillisecondsMax, options.durationMilliseconds) / 4)
    }

    /// When the sockets are cut, after the measured time began.
    var cutMilliseconds: UInt64? { options.scenario == .reconnectStorm ? options.durationMilliseconds / 2 : nil }

    func sectioning(windowStart: UInt64) -> Sectioning {
        switch options.scenario {
        case .steady, .idle: .whole
        case .ramp: .steps(Int(max(2, min(UInt64(Sectioning.stepsMax), options.durationMilliseconds / 500))))
        case .burst: .bursts
        case .slowConsumers: .slowSessions
        case .reconnectStorm: .cut(at: windowStart + (cutMilliseconds ?? 0) * 1_000_000)
        }
    }
}
