import Core

/// Answers that are to be offered again: their sessions' clients read too slowly. Each offer waits about twice as long as
/// the one before, and not beyond the answer's own time. Bounded: every answer in here keeps a message of the broker's
/// unsettled, and one slow client must not use up the prefetch of all. Not synchronised.
struct HeldAnswers {
    private struct Held {
        let token: AnswerToken
        let due: MonotonicInstant
    }

    let answersMax: Int
    private let firstMilliseconds: UInt64
    private let mostMilliseconds: UInt64
    private var held: [Held] = []

    init(limits: DispatcherLimits) {
        answersMax = limits.heldAnswersMax
        firstMilliseconds = limits.retryMilliseconds
        mostMilliseconds = limits.retryMaxMilliseconds
    }

    var count: Int { held.count }
    var nextDue: MonotonicInstant? { held.map(\.due).min() }

    /// False if the answer's time is over, or too many are held already: then it stays with the caller.
    /// - Parameter random: any number; half of the wait is left to it, so that answers don't come back in step.
    mutating func hold(_ token: AnswerToken, now: MonotonicInstant, random: UInt64) -> Bool {
        guard held.count < answersMax, token.retryUntil > now else { return false }
        var token = token
        let wait = min(firstMilliseconds << UInt64(min(token.offers, 16)), mostMilliseconds)
        token.offers += 1
        let due = now.advanced(byMilliseconds: wait / 2 + random % (wait / 2 + 1))
        held.append(Held(token: token, due: min(due, token.retryUntil)))
        return true
    }

    mutating func takeDue(now: MonotonicInstant) -> [AnswerToken] {
        let due = held.filter { $0.due <= now }.map(\.token)
        held.removeAll { $0.due <= now }
        return due
    }
}
