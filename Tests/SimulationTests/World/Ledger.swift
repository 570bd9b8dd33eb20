/// What is true, kept apart from the code under test: who was promised an answer, and what each session's stream holds.
final class Ledger {
    struct Key: Hashable {
        let owner: UInt64
        let id: [UInt8]
    }

    private struct Promise {
        var accepted = 0
        var ended = 0
    }

    struct Streamed {
        let hash: UInt64
        let cause: [UInt8]?
    }

    private let findings: Findings
    private var promises: [Key: Promise] = [:]
    private var open: [UInt64: Int] = [:]
    private(set) var openCount = 0
    private var streams: [UInt64: [Streamed]] = [:]
    private var acknowledged: [UInt64: UInt64] = [:]
    private var replies: [Key: Set<UInt64>] = [:]

    init(_ findings: Findings) { self.findings = findings }

    // MARK: One answer or one error

    func accept(_ owner: UInt64, _ id: [UInt8]) {
        let key = Key(owner: owner, id: id)
        var promise = promises[key] ?? Promise()
        findings.expect(
            promise.accepted == promise.ended, "\(EventText.name(id)) was accepted while it waited for its answer")
        promise.accepted += 1
        promises[key] = promise
        open[owner, default: 0] += 1
        openCount += 1
    }

    func end(_ owner: UInt64, _ id: [UInt8]) {
        let key = Key(owner: owner, id: id)
        guard var promise = promises[key], promise.ended < promise.accepted else {
            return findings.expect(
                false, "\(EventText.name(id)) was answered a second time, or without having been asked")
        }
        promise.ended += 1
        promises[key] = promise
        open[owner, default: 0] -= 1
        openCount -= 1
    }

    /// The owner is gone, and with it everybody who could be told. - Returns: how many promises it had left.
    @discardableResult
    func forget(_ owner: UInt64) -> Int {
        let left = open.removeValue(forKey: owner) ?? 0
        openCount -= left
        return left
    }

    func openCount(of owner: UInt64) -> Int { open[owner] ?? 0 }

    // MARK: Streams

    func stream(_ session: UInt64, sequence: UInt64, _ event: [UInt8], cause: [UInt8]?) {
        let before = streams[session]?.count ?? 0
        findings.expect(sequence == UInt64(before + 1), "a stream of \(before) events went on with \(sequence)")
        streams[session, default: []].append(Streamed(hash: EventText.hash(event), cause: cause))
    }

    func length(_ session: UInt64) -> UInt64 { UInt64(streams[session]?.count ?? 0) }

    func streamed(_ session: UInt64, _ sequence: UInt64) -> Streamed? {
        guard let stream = streams[session], sequence >= 1, sequence <= stream.count else { return nil }
        return stream[Int(sequence) - 1]
    }

    /// False if nothing of the sequence was sent.
    @discardableResult
    func acknowledge(_ session: UInt64, _ sequence: UInt64) -> Bool {
        guard sequence <= length(session) else { return false }
        acknowledged[session] = max(acknowledged(session), sequence)
        return true
    }

    func acknowledged(_ session: UInt64) -> UInt64 { acknowledged[session] ?? 0 }

    // MARK: Answers in HTTP responses

    func reply(_ session: UInt64, _ id: [UInt8], _ event: [UInt8]) {
        replies[Key(owner: session, id: id), default: []].insert(EventText.hash(event))
    }

    func isReply(_ session: UInt64, _ id: [UInt8], _ event: [UInt8]) -> Bool {
        replies[Key(owner: session, id: id)]?.contains(EventText.hash(event)) == true
    }
}
