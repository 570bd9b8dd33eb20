import Broker
import CloudEvents
import Core
import EventListener
import TestBroker
import TestSupport
import Testing

@testable import PingListener

/// Events that came back, and those of a message that did.
@Suite struct SuspectTests {
    private static let event = TestListener.event

    @Sendable private static func answer(_ event: Event) throws -> [Event] {
        [try event.answer(type: "Response", source: "/service", data: Array("null".utf8))]
    }

    private static func losses(_ count: Int) -> [FaultyBroker.Fault] {
        [FaultyBroker.Fault](repeating: .outcome(.unavailable), count: count)
    }

    @Test func aBatchThatCameBackTwiceIsTakenApart() throws {
        let world = try TestListener(faults: Self.losses(2), brokerWaitMilliseconds: 0, handler: Self.answer)
        world.publishTogether(["1", "2", "3"].map { Self.event($0, "") })
        #expect(Polling.until { world.answers.events.count == 3 && world.isSettled })
        #expect(Set(world.answers.events.map(\.causationID)) == ["1", "2", "3"])
        #expect(world.metric("separated_total") == 3 && world.deadLetters.all.isEmpty)
        // Twice as a batch, then each alone.
        #expect(world.metric("events_total") == 9)
    }

    @Test func onceIsNoReason() throws {
        let world = try TestListener(faults: Self.losses(1), brokerWaitMilliseconds: 0, handler: Self.answer)
        world.publishTogether(["1", "2"].map { Self.event($0, "") })
        #expect(Polling.until { world.answers.events.count == 2 && world.isSettled })
        #expect(world.metric("separated_total") == 0)
    }

    /// With a limit that leaves no room, once is.
    @Test func aLowLimitMakesItSuspectAtOnce() throws {
        let world = try TestListener(
            faults: Self.losses(1), deliveryLimit: 1, brokerWaitMilliseconds: 0, handler: Self.answer)
        world.publishTogether(["1", "2"].map { Self.event($0, "") })
        #expect(Polling.until { world.answers.events.count == 2 && world.isSettled })
        #expect(world.metric("separated_total") == 2 && world.deadLetters.all.isEmpty)
    }

    @Test func whatCanNotBeTakenApartComesAgain() throws {
        // Twice its answers, then one of the three that are published again.
        let faults = Self.losses(2) + Self.losses(1)
        let world = try TestListener(faults: faults, brokerWaitMilliseconds: 0, handler: Self.answer)
        world.publishTogether(["1", "2", "3"].map { Self.event($0, "") })
        #expect(Polling.until { Set(world.answers.events.map(\.causationID)) == ["1", "2", "3"] && world.isSettled })
        #expect(world.metric("separated_total") == 6 && world.deadLetters.all.isEmpty)
    }

    @Test func theCrashSwitchLooksForItsMark() throws {
        let marked = try Event(source: "/s", type: "PingRequest", data: Array(#"{"note":"poison"}"#.utf8))
        let other = try Event(source: "/s", type: "PingRequest", data: Array(#"{"note":"poiso"}"#.utf8))
        let crashSwitch = try #require(CrashSwitch(mark: "poison"))
        #expect(crashSwitch.isMarked(marked) && !crashSwitch.isMarked(other))
        let long = try #require(CrashSwitch(mark: String(repeating: "x", count: 10_000)))
        #expect(!long.isMarked(marked) && CrashSwitch(mark: "") == nil)
    }
}
