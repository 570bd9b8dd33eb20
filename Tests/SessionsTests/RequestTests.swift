import Core
import Sessions
import Testing

/// What is decided about requests and their answers.
@Suite struct RequestTests {
    private static let isError: @Sendable ([UInt8]) -> Bool = { $0.first == 0x21 }

    /// `!` begins an error. A connection takes one event before it is full.
    private func world() -> (SessionTable, Session) {
        var limits = SessionLimits()
        limits.outputWindowBytes = 10
        return TestTable.attached(limits)
    }

    @Test func anErrorThatIsStillToComeIsNotRepeatedAheadOfItsTurn() {
        let (table, session) = world()
        for (number, event) in ["!aaaaaaaaaaaa", "!b", "c"].enumerated() {
            table.answer(session, id: "\(number)", event)
        }
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.repeatedAnswer(at: .stream(1), in: session, isError: Self.isError) != nil)
        #expect(table.repeatedAnswer(at: .stream(2), in: session, isError: Self.isError) == nil)
        #expect(table.repeatedAnswer(at: .stream(3), in: session, isError: Self.isError) == nil)
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.repeatedAnswer(at: .stream(2), in: session, isError: Self.isError) != nil)
    }

    /// What came live is repeated to who asks again. What was replayed is not: it was on its way when the client asked.
    @Test func anAnswerIsRepeatedUnlessItWasReplayed() {
        let (table, session) = world()
        table.answer(session, id: "1", "a")
        #expect(table.repeatedAnswer(at: .stream(1), in: session, isError: Self.isError) == nil)
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.repeatedAnswer(at: .stream(1), in: session, isError: Self.isError) != nil)
        let wish = SessionWish(token: table.token(of: session))
        _ = table.open(wish, connection: 9, secret: TestTable.secret, now: TestTable.start) { .text([0x78]) }
        #expect(table.repeatedAnswer(at: .stream(1), in: session, isError: Self.isError) == nil)
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.repeatedAnswer(at: .stream(1), in: session, isError: Self.isError) == nil)
        table.answer(session, id: "2", "b")
        _ = table.transmit(session, queuedBytes: 0)
        #expect(table.repeatedAnswer(at: .stream(2), in: session, isError: Self.isError) != nil)
        table.detach(session, connection: 9, now: TestTable.start)
        let later = SessionWish(token: table.token(of: session), after: 2)
        _ = table.open(later, connection: 10, secret: TestTable.secret, now: TestTable.start) { .text([0x78]) }
        // Acknowledged by that, and gone.
        #expect(table.repeatedAnswer(at: .stream(2), in: session, isError: Self.isError) == nil)
    }
}
