import Core
import Telemetry
import Testing

@Suite struct SamplerTests {
    private static func parent(_ flags: UInt8) -> TraceContext {
        TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: flags)
    }

    /// What each decides of a new trace, under a parent that is sampled, and under one that is not; by the lowest and the
    /// highest randomness.
    @Test(arguments: [
        ("always_on", 1.0, [true, true], [true, true], [true, true]),
        ("always_off", 1.0, [false, false], [false, false], [false, false]),
        ("traceidratio", 0.5, [false, true], [false, true], [false, true]),
        ("traceidratio", 0.0, [false, false], [false, false], [false, false]),
        ("traceidratio", 1.0, [true, true], [true, true], [true, true]),
        ("parentbased_always_on", 1.0, [true, true], [true, true], [false, false]),
        ("parentbased_always_off", 1.0, [false, false], [true, true], [false, false]),
        ("parentbased_traceidratio", 0.5, [false, true], [true, true], [false, false]),
    ])
    func decides(_ name: String, _ ratio: Double, _ new: [Bool], _ underOn: [Bool], _ underOff: [Bool]) throws {
        let sampler = try #require(Sampler(name: name, ratio: ratio))
        #expect(Sampler.names.contains(name))
        // The first 8 of the 64 bits are no randomness.
        for (index, low) in [0xFF00_0000_0000_0000, 0x00FF_FFFF_FFFF_FFFF as UInt64].enumerated() {
            #expect(sampler.isSampled(traceIDLow: low, parent: nil) == new[index])
            #expect(sampler.isSampled(traceIDLow: low, parent: Self.parent(1)) == underOn[index])
            #expect(sampler.isSampled(traceIDLow: low, parent: Self.parent(0)) == underOff[index])
        }
    }

    @Test func aRatioSamplesThatPart() throws {
        let sampler = try #require(Sampler(name: "traceidratio", ratio: 0.25))
        let end: UInt64 = 1 << 56
        let steps: UInt64 = 1024
        let sampled = (0..<steps).filter { sampler.isSampled(traceIDLow: $0 * (end / steps), parent: nil) }
        #expect(sampled == Array(768..<1024))
    }

    /// A higher ratio samples all that a lower one does: tiers with different ratios keep whole traces.
    @Test func ratiosAreConsistent() throws {
        let low = try #require(Sampler(name: "traceidratio", ratio: 0.1))
        let high = try #require(Sampler(name: "traceidratio", ratio: 0.3))
        var random = RandomSource()
        for _ in 0..<10_000 {
            let id = random.next()
            if low.isSampled(traceIDLow: id, parent: nil) { #expect(high.isSampled(traceIDLow: id, parent: nil)) }
        }
    }

    @Test func unknownNamesAreNone() { #expect(Sampler(name: "jaeger_remote", ratio: 1) == nil) }
}
