import CloudEvents
import Core
import Sessions

/// The dispatcher and the services behind it: they answer late, twice, out of order, with errors and never.
final class Dispatcher {
    private enum Job {
        case deliver([UInt8])
        case fail(owner: UInt64, request: PendingRequests.RequestID, ProblemKind)
    }

    private struct Due {
        var job: Job
        var at: MonotonicInstant
        let until: MonotonicInstant
        let number: Int
        var isAgain = false
    }

    private let scenario: Scenario
    private let findings: Findings
    private let dice: Dice
    private var habits: DispatcherHabits
    private var due: [Due] = []
    private var taken = 0
    private var lastDone = 0

    init(_ scenario: Scenario, _ findings: Findings, _ dice: Dice) {
        self.scenario = scenario
        self.findings = findings
        self.dice = dice
        habits = scenario.dispatcher
    }

    var isIdle: Bool { due.isEmpty }

    /// From now on it does what it should.
    func becomeKind() { habits = DispatcherHabits() }

    /// False if too many wait for it.
    func take(_ event: [UInt8], _ owner: UInt64, _ request: PendingRequests.RequestID, _ now: MonotonicInstant) -> Bool
    {
        guard due.count < scenario.dispatcherEventsMax else { return false }
        if dice.chance(habits.never) {
            findings.reach(.neverAnswered)
            return true
        }
        if dice.chance(habits.fails) {
            let kind = dice.one(of: [ProblemKind.dispatcherUnavailable, .unroutableType, .brokerUnavailable])
            plan(.fail(owner: owner, request: request, kind), now, after: dice.below(habits.delayMillisecondsMax + 1))
            return true
        }
        var delay = dice.below(habits.delayMillisecondsMax + 1)
        if dice.chance(habits.late) {
            findings.reach(.answeredLate)
            delay += scenario.deadlineMilliseconds
        }
        let answer = answer(to: event)
        plan(.deliver(answer), now, after: delay)
        if dice.chance(habits.twice) { plan(.deliver(answer), now, after: delay + dice.below(2000)) }
        while dice.chance(habits.pushes) {
            plan(.deliver(push(like: event)), now, after: delay + dice.below(3000))
        }
        return true
    }

    private func plan(_ job: Job, _ now: MonotonicInstant, after milliseconds: Int) {
        taken += 1
        due.append(
            Due(
                job: job, at: now.advanced(byMilliseconds: UInt64(milliseconds)),
                until: now.advanced(byMilliseconds: UInt64(milliseconds + scenario.deadlineMilliseconds)), number: taken
            ))
    }

    private func answer(to event: [UInt8]) -> [UInt8] {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else { return [] }
            let fails = dice.chance(habits.serviceFails)
            if fails { findings.reach(.serviceFailed) }
            let kind = dice.one(of: [ProblemKind.listenerFailed, .brokerUnavailable])
            return answer(bytes, envelope, cause: envelope.value(.id, in: bytes), problem: fails ? kind : nil)
        }
    }

    private func push(like event: [UInt8]) -> [UInt8] {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else { return [] }
            return answer(bytes, envelope, cause: nil, problem: nil)
        }
    }

    private func answer(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, cause: UnsafeRawBufferPointer?,
        problem: ProblemKind?
    ) -> [UInt8] {
        var output: [UInt8] = []
        output.append("{\"specversion\":\"1.0\",\"id\":\"s\",\"source\":\"/service\"")
        output.append(problem == nil ? ",\"type\":\"Response\"" : ",\"type\":\"switchboard.error\"")
        let members: [(StaticString, UnsafeRawBufferPointer?)] = [
            (",\"correlationid\":\"", envelope.value(.correlationid, in: bytes)),
            (",\"returnaddress\":\"", envelope.value(.returnaddress, in: bytes)), (",\"causationid\":\"", cause),
        ]
        for (name, value) in members {
            guard let value else { continue }
            output.append(name)
            output.append(bytes: value)
            output.append("\"")
        }
        // An attribute of the gateway's own that a service has set.
        if dice.chance(20) { output.append(",\"sequence\":\"0000000000000003\"") }
        output.append(",\"data\":")
        if let problem {
            output.append("{\"type\":\"")
            output.append(utf8: problem.type)
            output.append("\"}")
        } else if let data = envelope.value(.data, in: bytes) {
            output.append(bytes: data)
        }
        output.append("}")
        return output
    }

    /// Does one thing that is due, whichever. - Returns: false if there was none.
    @discardableResult
    func step(_ gateway: Gateway, isPatient: Bool) -> Bool {
        guard !due.isEmpty else { return false }
        let index = dice.below(due.count)
        guard !isPatient || due[index].at <= gateway.now else { return false }
        var next = due[index]
        due.swapAt(index, due.count - 1)
        due.removeLast()
        if next.number < lastDone { findings.reach(.answeredOutOfOrder) }
        lastDone = next.number
        switch next.job {
        case .fail(let owner, let request, let kind):
            findings.reach(.dispatcherFailed)
            gateway.settle(request, of: owner, kind)
        case .deliver(let event):
            let refusal = gateway.dispatch(event)
            if refusal == .sessionGone { findings.reach(.dispatchGone) }
            guard refusal == .tooManyRequests else {
                if next.isAgain, refusal == nil { findings.reach(.dispatchTriedAgain) }
                return true
            }
            findings.reach(.dispatchTooSlow)
            guard next.until > gateway.now else {
                findings.reach(.deadLettered)
                return true
            }
            next.at = gateway.now.advanced(byMilliseconds: UInt64(dice.between(10...1000)))
            next.isAgain = true
            due.append(next)
        }
        return true
    }
}
