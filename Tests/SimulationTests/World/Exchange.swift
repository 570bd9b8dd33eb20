import CloudEvents
import Core
import Sessions

/// An HTTP request that waits for the answers to its events.
final class Exchange {
    static let handleBit: UInt64 = 1 << 63

    var pending = PendingRequests.List()
    private(set) var handle: UInt64 = 0
    /// One answer or error for each event, when all are there.
    private(set) var response: [[UInt8]]?
    private(set) var isAbandoned = false
    private let gateway: Gateway
    private let session: Session?
    private var positions: [[UInt8]: Int] = [:]
    private var answers: [[UInt8]] = []
    private var outstanding = 0
    private var hasBegun = false

    init(_ gateway: Gateway, _ session: Session?) {
        self.gateway = gateway
        self.session = session
    }

    func begin(_ events: [[UInt8]]) {
        handle = gateway.exchanges.insert(self) | Self.handleBit
        for event in events {
            event.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else { return }
                let id = EventText.decoded(envelope.value(.id, in: bytes))
                guard positions[id] == nil else { return }
                positions[id] = answers.count
                answers.append([])
                outstanding += 1
                accept(bytes, envelope, id)
            }
        }
        hasBegun = true
        respondIfComplete()
    }

    private func accept(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ id: [UInt8]) {
        let acceptance =
            session.map { gateway.accept(bytes, envelope, for: $0, waiter: handle) }
            ?? gateway.accept(bytes, envelope, for: self)
        switch acceptance {
        case .accepted: break
        case .refused(let kind): finish(id, kind)
        case .stillWaiting(let request):
            let earlier = gateway.table.pending.redirect(request, to: handle)
            if let earlier, earlier != handle, let other = gateway.exchange(earlier) {
                gateway.findings.reach(.postTakenOver)
                other.fail(id, .duplicateIdentifier)
            }
        case .ended(let place):
            let event = session.flatMap { gateway.table.answer(at: place, in: $0) }
            gateway.findings.expect(event != nil, "an ended request has no answer")
            gateway.findings.reach(.repeatAnsweredByPost)
            event?.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: .lenient) else { return }
                take(bytes, envelope, id, dropping: [])
            }
        }
    }

    /// The session has ended, and with it the wait of what has no answer yet.
    func sessionEnded(_ ended: Session) {
        guard session === ended else { return }
        gateway.findings.reach(.goneWhileWaited)
        for (id, position) in positions where answers[position].isEmpty { finish(id, .sessionGone) }
        respondIfComplete()
    }

    func abandon() {
        isAbandoned = true
        outstanding = 0
        end()
    }

    @discardableResult
    func deliver(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> [UInt8]? {
        let id = EventText.decoded(envelope.value(.causationid, in: bytes))
        let answer = take(bytes, envelope, id, dropping: [.sequence, .returnaddress, .expirytime])
        respondIfComplete()
        return answer
    }

    @discardableResult
    private func take(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ id: [UInt8], dropping: EventEnvelope.Members
    ) -> [UInt8]? {
        guard let position = positions[id], answers[position].isEmpty else { return nil }
        envelope.appendRewritten(from: bytes, dropping: dropping, to: &answers[position]) { _ in }
        outstanding -= 1
        return answers[position]
    }

    @discardableResult
    func fail(_ id: [UInt8], _ kind: ProblemKind) -> [UInt8]? {
        let answer = finish(id, kind)
        respondIfComplete()
        return answer
    }

    @discardableResult
    private func finish(_ id: [UInt8], _ kind: ProblemKind) -> [UInt8]? {
        guard let position = positions[id], answers[position].isEmpty else { return nil }
        answers[position] = gateway.error(kind, id, sequence: nil)
        outstanding -= 1
        return answers[position]
    }

    private func respondIfComplete() {
        guard hasBegun, outstanding == 0, handle != 0 else { return }
        response = answers
        end()
    }

    private func end() {
        guard handle != 0 else { return }
        gateway.ledger.forget(handle)
        gateway.table.pending.forgetAll(of: &pending)
        gateway.exchanges.remove(handle & ~Self.handleBit)
        handle = 0
    }
}
