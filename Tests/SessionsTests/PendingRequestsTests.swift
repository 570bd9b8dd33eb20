import Core
import Sessions
import Testing

private func instant(_ milliseconds: UInt64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
}

extension PendingRequests {
    fileprivate func insert(_ owner: UInt64, _ list: inout List, _ id: String, at milliseconds: UInt64)
        -> Insertion
    {
        Array(id.utf8).withUnsafeBytes { insert(owner: owner, list: &list, id: $0, deadline: instant(milliseconds)) }
    }

    fileprivate func settle(_ owner: UInt64, _ list: inout List, _ id: String) -> Bool {
        guard let settled = Array(id.utf8).withUnsafeBytes({ settle(owner: owner, list: &list, id: $0) }) else {
            return false
        }
        forget(settled.request)
        return true
    }

    fileprivate func settle(_ request: RequestID, _ list: inout List) -> String? {
        guard let id = id(of: request), settle(request, list: &list) != nil else { return nil }
        forget(request)
        return String(decoding: id, as: UTF8.self)
    }
}

@Suite struct PendingRequestsTests {
    @Test func anIDIsAnsweredOnce() {
        let pending = PendingRequests(requestsMax: 10, now: instant(0))
        var list = PendingRequests.List()
        guard case .inserted = pending.insert(1, &list, "a", at: 100) else { return #expect(Bool(false)) }
        let result1 = pending.insert(1, &list, "a", at: 100)
        guard case .duplicate(_, .waiting, isSame: true) = result1 else { return #expect(Bool(false)) }
        let result2 = pending.settle(1, &list, "a")
        #expect(result2)
        let result3 = pending.settle(1, &list, "a")
        #expect(!result3)
        #expect(pending.count == 0 && list.count == 0)
    }

    @Test func ownersDoNotSeeEachOther() {
        let pending = PendingRequests(requestsMax: 10, now: instant(0))
        var first = PendingRequests.List()
        var second = PendingRequests.List()
        _ = pending.insert(1, &first, "a", at: 100)
        guard case .inserted = pending.insert(2, &second, "a", at: 100) else { return #expect(Bool(false)) }
        let result4 = pending.settle(2, &second, "a")
        #expect(result4)
        #expect(first.count == 1 && second.count == 0)
    }

    @Test func itHoldsNoMoreThanItMay() {
        let pending = PendingRequests(requestsMax: 2, now: instant(0))
        var list = PendingRequests.List()
        _ = pending.insert(1, &list, "a", at: 100)
        _ = pending.insert(1, &list, "b", at: 100)
        let result5 = pending.insert(1, &list, "c", at: 100)
        #expect(result5 == .full)
        let result6 = pending.insert(1, &list, "a", at: 100)
        guard case .duplicate = result6 else { return #expect(Bool(false)) }
    }

    @Test func deadlinesPassOnceAndNotAfterTheAnswer() {
        let pending = PendingRequests(requestsMax: 10, now: instant(0))
        var list = PendingRequests.List()
        _ = pending.insert(1, &list, "late", at: 100)
        _ = pending.insert(1, &list, "answered", at: 100)
        let result7 = pending.settle(1, &list, "answered")
        #expect(result7)
        var expired: [PendingRequests.Expired] = []
        pending.expire(at: instant(99), into: &expired)
        #expect(expired.isEmpty)
        pending.expire(at: instant(140), into: &expired)
        #expect(expired.map(\.owner) == [1])
        let result8 = pending.settle(expired[0].request, &list)
        #expect(result8 == "late")
        let result9 = pending.settle(expired[0].request, &list)
        #expect(result9 == nil)
        pending.expire(at: instant(1000), into: &expired)
        #expect(expired.count == 1)
    }

    @Test func anOwnersEndSettlesAllOfIts() {
        let pending = PendingRequests(requestsMax: 100, now: instant(0))
        var first = PendingRequests.List()
        var second = PendingRequests.List()
        for number in 0..<20 { _ = pending.insert(1, &first, "\(number)", at: 100) }
        _ = pending.insert(2, &second, "x", at: 100)
        pending.forgetAll(of: &first)
        #expect(pending.count == 1 && first.count == 0)
        let result10 = pending.settle(2, &second, "x")
        #expect(result10)
    }

    /// Against a plain dictionary, with every operation at random.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func agreesWithADictionary(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(below))
        }
        let pending = PendingRequests(requestsMax: 200, now: instant(0))
        var lists = [PendingRequests.List](repeating: .init(), count: 5)
        var model: [[String: UInt64]] = Array(repeating: [:], count: 5)
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            let owner = random(5)
            let id = "id-\(random(60))"
            switch random(10) {
            case 0..<5:
                let deadline = now + UInt64(random(5000)) + 1
                let isKnown = model[owner][id] != nil
                let isFull = model.reduce(0) { $0 + $1.count } >= 200
                switch pending.insert(UInt64(owner), &lists[owner], id, at: deadline) {
                case .inserted:
                    #expect(!isKnown && !isFull)
                    model[owner][id] = deadline
                case .duplicate: #expect(isKnown)
                case .full: #expect(isFull && !isKnown)
                }
            case 5..<8:
                let result11 = pending.settle(UInt64(owner), &lists[owner], id)
                #expect(result11 == (model[owner].removeValue(forKey: id) != nil))
            case 8:
                now += UInt64(random(400))
                var expired: [PendingRequests.Expired] = []
                pending.expire(at: instant(now), into: &expired)
                for request in expired {
                    let owner = Int(request.owner)
                    let id = pending.settle(request.request, &lists[owner])
                    let deadline = id.flatMap { model[owner].removeValue(forKey: $0) }
                    #expect(deadline.map { $0 <= now } == true)
                }
            default:
                if random(50) == 0 {
                    pending.forgetAll(of: &lists[owner])
                    model[owner] = [:]
                }
            }
            #expect(pending.count == model.reduce(0) { $0 + $1.count })
            #expect(Int(lists[owner].count) == model[owner].count)
        }
    }

    @Test func tracesOfForgottenRequestsAreTold() {
        let pending = PendingRequests(requestsMax: 10, now: instant(0))
        var list = PendingRequests.List()
        for (id, trace) in [("a", UInt64(7)), ("b", 0), ("c", 9)] {
            guard case .inserted(let request) = pending.insert(1, &list, id, at: 100) else {
                return #expect(Bool(false))
            }
            pending.setTrace(trace, of: request)
            #expect(pending.trace(of: request) == trace)
        }
        let isSettled = pending.settle(1, &list, "a")
        #expect(isSettled)
        pending.forgetAll(of: &list)
        let traces = pending.takeAbandonedTraces()
        let again = pending.takeAbandonedTraces()
        #expect(traces == [9] && again.isEmpty)
    }
}
