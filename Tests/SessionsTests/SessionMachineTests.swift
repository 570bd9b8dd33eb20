import Testing

/// Every state × every event.
@Suite struct SessionMachineTests {
    @Test(arguments: SessionState.allCases)
    func everyEventInEveryState(state: SessionState) {
        let rows = SessionTransitions.rows(of: state)
        for event in SessionEvent.allCases {
            let machine = SessionMachine(state)
            let outcome = machine.happen(event)
            guard let expected = rows[event.rawValue] else {
                Issue.record("no row for \(state) × \(event), which does: \(event): \(outcome)")
                continue
            }
            #expect(outcome == expected, "\(state) × \(event)")
            #expect(machine.disagreement == nil, "\(state) × \(event)")
        }
        #expect(rows.count == SessionEvent.allCases.count, "rows of no event: \(rows.keys.sorted())")
    }
}
