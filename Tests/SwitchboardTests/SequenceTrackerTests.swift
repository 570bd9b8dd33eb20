import Core
import Testing

@testable import switchboard

@Suite struct SequenceTrackerTests {
    private static let start = MonotonicInstant(nanoseconds: 0)

    @Test(
        arguments: [
            ("0000000000000042", 42), ("7", 7), ("9999999999999999", 9_999_999_999_999_999), ("", nil), ("-1", nil),
            ("+1", nil), ("1 ", nil), ("00000000000000001", nil), ("１", nil),
        ] as [(String, UInt64?)])
    func parses(_ text: String, _ sequence: UInt64?) { #expect(SequenceTracker.parse(text) == sequence) }

    @Test func formatsToSixteenDigits() {
        #expect(SequenceTracker.format(42) == "0000000000000042")
        #expect(SequenceTracker.format(9_999_999_999_999_999) == "9999999999999999")
    }

    @Test func joinedInTheMiddleItTakesWhicheverComesFirst() {
        var tracker = SequenceTracker()
        tracker.begin(after: nil)
        #expect(tracker.receive(41, now: Self.start) == .next)
        #expect(tracker.receive(42, now: Self.start) == .next)
        #expect(tracker.receive(44, now: Self.start) == .nextAfter(gap: 43...43))
        #expect(tracker.receive(44, now: Self.start) == .repeated)
        #expect(tracker.acknowledged == 40 && tracker.acknowledge() == 44 && tracker.acknowledge() == nil)
    }

    @Test func zeroIsNoPosition() {
        var tracker = SequenceTracker()
        #expect(tracker.receive(0, now: Self.start) == .repeated)
        #expect(tracker.acknowledgementDeadline == nil)
    }
}
