import Testing

@testable import switchboard

@Suite struct RateProfileTests {
    /// How many events are due before a time.
    private static func count(_ profile: RateProfile, before seconds: Double, from: Double = 0) -> Int {
        func first(at seconds: Double) -> Int {
            var event: UInt64 = 0
            while Double(profile.nanoseconds(of: event)) < seconds * 1e9 { event += 1 }
            return Int(event)
        }
        return first(at: seconds) - first(at: from)
    }

    @Test(arguments: [0.5, 1, 3, 1000, 44_100])
    func aSteadyRateIsEven(_ rate: Double) {
        let profile = RateProfile.steady(rate)
        for event in [0, 1, 2, 1000, 1_000_000, 1_000_000_000] as [UInt64] {
            let due = Double(event) / rate * 1e9
            #expect(abs(Double(profile.nanoseconds(of: event)) - due) <= 2 + due * 1e-12)
        }
    }

    @Test func aRisingRateIsTheSquareRootOfTime() {
        let profile = RateProfile.rising(to: 1000, seconds: 4)
        #expect(profile.nanoseconds(of: 0) == 0)
        #expect(Self.count(profile, before: 1) == 125)
        #expect(Self.count(profile, before: 2) == 500)
        #expect(Self.count(profile, before: 4, from: 3) == 2000 - 1125)
    }

    @Test func burstsAreTenfoldForASecondInFive() {
        let profile = RateProfile.bursts(100)
        for period in 0..<3 {
            let begin = Double(period) * 5
            #expect(Self.count(profile, before: begin + 1, from: begin) == 100)
            #expect(Self.count(profile, before: begin + 2, from: begin + 1) == 1000)
            #expect(Self.count(profile, before: begin + 5, from: begin + 2) == 300)
        }
        for (seconds, isBurst) in [
            (0, false), (0.99, false), (1, true), (1.99, true), (2, false), (6.5, true), (9, false),
        ] {
            #expect(RateProfile.isInBurst(seconds: seconds) == isBurst, "\(seconds)")
        }
    }

    @Test(arguments: [
        RateProfile.steady(7), .bursts(13), .rising(to: 300, seconds: 2.5),
        RateProfile([.init(seconds: 1, from: 50, to: 0), .init(seconds: 0.5, from: 0, to: 10)]),
    ])
    func timeNeverGoesBack(_ profile: RateProfile) {
        var last: UInt64 = 0
        for event in 0..<3000 as Range<UInt64> {
            let due = profile.nanoseconds(of: event)
            #expect(due >= last)
            last = due
        }
    }
}
