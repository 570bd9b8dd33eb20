import Core
import Sessions
import Testing

/// Bounds are kept without taking from a client what its connection has room for, and never in silence.
@Suite struct TrimTests {
    private func limits() -> SessionLimits {
        var limits = SessionLimits()
        limits.replayTotalBytesMax = 10
        limits.outputWindowBytes = 100
        return limits
    }

    @Test func anEventThatIsTooMuchToKeepIsTransmittedAllTheSame() {
        let (table, session) = TestTable.attached(limits())
        table.answer(session, id: "1", "more than ten bytes")
        #expect(table.transmit(session, queuedBytes: 0) == Array("more than ten bytes".utf8))
        #expect(table.trim(session, now: TestTable.start))
        #expect(table.replayBytes == 0 && session.replayEvents == 0)
        #expect(session.transmitted == 1 && session.untransmittedBytes == 0)
    }

    @Test func aConnectionWithoutRoomForItIsOverrun() {
        let (table, session) = TestTable.attached(limits())
        table.answer(session, id: "1", "more than ten bytes")
        #expect(table.transmit(session, queuedBytes: 100) == nil)
        #expect(!table.trim(session, now: TestTable.start))
        #expect(table.replayBytes == 0 && table.droppedCount == 1)
    }

    @Test func whatIsTooMuchGoesFromTheRepliesFirst() throws {
        let (table, session) = TestTable.attached(limits())
        table.answer(session, id: "1", "waits")
        try keepReply(table, session, "too large")
        #expect(table.trim(session, now: TestTable.start))
        #expect(session.replayEvents == 1 && table.replayBytes == 5)
        #expect(table.pending.endedCount == 1)
    }

    /// Otherwise the stream would have a gap that nobody is told of.
    @Test func anEventThatGrowsTooOldBehindAFullConnectionOverrunsItWhateverIsKept() throws {
        let (table, session) = TestTable.attached(limits())
        table.answer(session, id: "1", "old")
        try keepReply(table, session, "new")
        #expect(!table.trim(session, now: TestTable.at(table.limits.replayMilliseconds)))
        #expect(table.replayBytes == 0 && table.pending.endedCount == 0)
    }

    /// What would push out events that the connection was not given waits where it is instead.
    @Test func aConnectionThatLagsByAsManyEventsAsAreKeptGetsNoMore() {
        var limits = SessionLimits()
        limits.replayEventsMax = 2
        let (table, session) = TestTable.attached(limits)
        for id in ["1", "2"] {
            #expect(table.admits(session, queuedBytes: 0))
            table.answer(session, id: id, "x")
        }
        #expect(!table.admits(session, queuedBytes: 0))
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.admits(session, queuedBytes: 0))
        table.detach(session, connection: 1, now: TestTable.start)
        table.answer(session, id: "3", "x")
        #expect(table.admits(session, queuedBytes: 0))
    }

    private func keepReply(_ table: SessionTable, _ session: Session, _ text: String) throws {
        let request = try #require(table.ask(session, id: "2", waiter: 5))
        _ = table.pending.settle(request, list: &session.pending)
        table.keepReply(Array(text.utf8), of: request, in: session, now: TestTable.start)
    }

    /// What is kept is counted by its bytes; room beyond them would be memory without a bound.
    @Test func eventsAreKeptWithoutTheRoomTheyCameWith() throws {
        let (table, session) = TestTable.attached(SessionLimits())
        var roomy: [UInt8] = []
        roomy.reserveCapacity(100_000)
        roomy.append(contentsOf: [UInt8](repeating: 0x61, count: 300))
        table.append(to: session, now: TestTable.start) { _ in roomy }
        #expect(try #require(table.transmit(session, queuedBytes: 0)).capacity < 600)
        let request = try #require(table.ask(session, id: "1"))
        _ = table.pending.settle(request, list: &session.pending)
        table.keepReply(roomy, of: request, in: session, now: TestTable.start)
        guard case .ended(let place) = try #require(state(table, session, "1")) else {
            Issue.record("the request waits")
            return
        }
        #expect(try #require(table.answer(at: place, in: session)).capacity < 600)
    }

    private func state(_ table: SessionTable, _ session: Session, _ id: String) -> PendingRequests.State? {
        Array(id.utf8).withUnsafeBytes { table.pending.find(owner: session.handle, id: $0)?.state }
    }
}
