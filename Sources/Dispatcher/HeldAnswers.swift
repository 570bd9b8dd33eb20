import Core

/// Answers that are to be offered again: their sessions' clients read too slowly. Each offer waits about twice as long as
/// the one before, and not beyond the answer's own time. Bounded, as every answer in here keeps a message of the broker's
/// unsettled; when it is full, the session that holds most gives one up, so that a slow client costs no other one its
/// answers. Not synchronised.
struct HeldAnswers {
    enum Outcome {
        case held
        /// There was no room: this one, of the session that holds most, has to go.
        case heldInsteadOf(AnswerToken)
        /// The answer's time is over.
        case refused
    }

    private struct Held {
        let token: AnswerToken
        let due: MonotonicInstant
    }

    let answersMax: Int
    private let firstMilliseconds: UInt64
    private let mostMilliseconds: UInt64
    private var held: [Held] = []
    /// How many each session has of them.
    private var counts: [Int: Int] = [:]

    init(limits: DispatcherLimits) {
        answersMax = limits.heldAnswersMax
        firstMilliseconds = limits.retryMilliseconds
        mostMilliseconds = limits.retryMaxMilliseconds
    }

    var count: Int { held.count }
    var all: [AnswerToken] { held.map(\.token) }
    var nextDue: MonotonicInstant? { held.map(\.due).min() }

    /// - Parameter random: any number; half of the wait is left to it, so that answers don't come back in step.
    mutating func hold(_ token: AnswerToken, now: MonotonicInstant, random: UInt64) -> Outcome {
        guard token.retryUntil > now else { return .refused }
        var token = token
        let wait = min(firstMilliseconds << UInt64(min(token.offers, 16)), mostMilliseconds)
        token.offers += 1
        let due = now.advanced(byMilliseconds: wait / 2 + random % (wait / 2 + 1))
        held.append(Held(token: token, due: min(due, token.retryUntil)))
        counts[token.session, default: 0] += 1
        return held.count > answersMax ? .heldInsteadOf(giveUpOne()) : .held
    }

    /// The newest of the session that holds most; of several that hold as many, the newest of them all.
    private mutating func giveUpOne() -> AnswerToken {
        let most = counts.values.max()
        let index = held.lastIndex { counts[$0.token.session] == most } ?? held.count - 1
        let token = held.remove(at: index).token
        forget(token)
        return token
    }

    private mutating func forget(_ token: AnswerToken) {
        let left = (counts[token.session] ?? 0) - 1
        counts[token.session] = left > 0 ? left : nil
    }

    mutating func takeDue(now: MonotonicInstant) -> [AnswerToken] {
        let due = held.filter { $0.due <= now }.map(\.token)
        held.removeAll { $0.due <= now }
        for token in due { forget(token) }
        return due
    }
}
