/// What becomes of the answers.
extension LoadEngine {
    /// - Parameters:
    ///   - number: nil if it answers no request of this session.
    ///   - problem: of a request that failed; nil for an answer.
    ///   - trace: the answer's `traceparent`.
    func answerArrived(
        _ client: LoadClient, number: UInt64?, problem: UnsafeRawBufferPointer?, trace: UnsafeRawBufferPointer,
        now: UInt64
    ) {
        guard let number else {
            return unknownArrived(client.index, problem.map { ProblemName.of($0) } ?? "an answer to nothing")
        }
        switch client.ledger.end(number) {
        case .unknown: unknownArrived(client.index, "an answer to what was not asked")
        case .duplicate: duplicateArrived(client.index)
        case .answered(let intended, let isTraced):
            if let problem {
                counters.errors += 1
                tally.count(ProblemName.of(problem))
                recorder.recordError(intended: intended, isSlow: client.isSlow)
            } else {
                counters.answered += 1
                if recorder.window.contains(now) { counters.answeredInWindow += 1 }
                let isMeasured = recorder.record(
                    intended: intended, now: now, isSlow: client.isSlow, sessions: readyCount)
                if isMeasured { traces.note(trace, now - min(intended, now), wasAsked: isTraced) }
            }
            if phase == .draining { requestsEnded() }
        }
    }

    func unknownArrived(_ session: Int, _ what: String) {
        counters.unknown += 1
        progress.complain("session \(session): \(what)")
    }

    func duplicateArrived(_ session: Int) {
        counters.duplicates += 1
        progress.complain("session \(session): a second answer to a request")
    }

    func nextMask() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
}
