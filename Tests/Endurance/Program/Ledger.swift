/// What was promised and what was kept, over all sessions.
struct Ledger {
    var sent = 0
    var answered = 0
    var errors = 0
    /// Answers to requests that had their answer already, under a sequence of their own.
    var duplicated = 0
    /// The same sequence again.
    var repeated = 0
    /// The same sequence again, as the request was sent again.
    var answeredAgain = 0
    /// Sequences that were left out.
    var gaps = 0
    var unknown = 0
    var connects = 0
    var refused = 0
    var cuts = 0
    var resets = 0
    var resumed = 0
    var recovered = 0
    var notRecovered = 0
    var begunAnew = 0
    /// Requests sent again after a resume.
    var sentAgain = 0
    var violations = 0

    var lost: Int { sent - answered - errors }

    var isKept: Bool {
        lost == 0 && errors == 0 && duplicated == 0 && repeated == 0 && gaps == 0 && unknown == 0 && notRecovered == 0
            && begunAnew == 0 && violations == 0 && answered > 0
    }

    func summary(sessions: Int) -> String {
        """
        \(sessions) sessions: \(sent) requests, \(answered) answered, \(errors) refused, \(lost) lost, \(duplicated) answered twice
        \(cuts) cuts, \(resets) of them resets; \(resumed) sessions resumed, \(recovered) with everything; \(notRecovered) without
        \(sentAgain) requests sent again; \(gaps) gaps, \(repeated) repeats, \(unknown) answers to nothing; \
        \(violations) closed or broken by the gateway

        """
    }

    func json(sessions: Int) -> String {
        let members: [(String, Int)] = [
            ("sessions", sessions), ("sent", sent), ("answered", answered), ("errors", errors), ("lost", lost),
            ("duplicated", duplicated), ("repeated", repeated), ("answeredagain", answeredAgain), ("gaps", gaps),
            ("unknown", unknown),
            ("connects", connects), ("refused", refused), ("cuts", cuts), ("resets", resets), ("resumed", resumed),
            ("recovered", recovered), ("notrecovered", notRecovered), ("begunanew", begunAnew),
            ("sentagain", sentAgain), ("violations", violations),
        ]
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
}
