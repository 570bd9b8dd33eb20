import Core
import Sessions
import Testing

/// What is remembered of requests after their answer, and who is to be given it.
@Suite struct EndedRequestsTests {
    private let pending = PendingRequests(requestsMax: 10, now: TestTable.start)
    private var list = PendingRequests.List()

    private mutating func insert(_ id: String, content: Int = 0, waiter: UInt64 = 0) -> PendingRequests.Insertion {
        Array(id.utf8).withUnsafeBytes {
            pending.insert(owner: 1, list: &list, id: $0, content: content, deadline: TestTable.at(100), waiter: waiter)
        }
    }

    private mutating func inserted(_ id: String, content: Int = 0, waiter: UInt64 = 0) throws
        -> PendingRequests.RequestID
    {
        guard case .inserted(let request) = insert(id, content: content, waiter: waiter) else {
            throw Failure.notInserted
        }
        return request
    }

    private enum Failure: Error { case notInserted }

    private func find(_ id: String) -> PendingRequests.State? {
        Array(id.utf8).withUnsafeBytes { pending.find(owner: 1, id: $0)?.state }
    }

    @Test mutating func anEndedRequestIsKnownUntilItIsForgotten() throws {
        let request = try inserted("a")
        #expect(find("a") == .waiting)
        _ = pending.settle(request, list: &list)
        pending.keep(request, at: .stream(5))
        #expect(find("a") == .ended(.stream(5)) && pending.count == 0 && pending.endedCount == 1)
        #expect(pending.id(of: request) == Array("a".utf8))
        pending.keep(request, at: .replies(2))
        #expect(insert("a") == .duplicate(request, .ended(.replies(2)), isSame: true))
        pending.forget(request)
        #expect(find("a") == nil && pending.endedCount == 0 && pending.id(of: request) == nil)
        // A second time, and for one that has taken its place, nothing happens.
        let later = try inserted("b")
        pending.forget(request)
        pending.keep(request, at: .stream(9))
        #expect(find("b") == .waiting && later != request)
        #expect(pending.settle(request, list: &list) == nil)
    }

    @Test mutating func whatWaitsIsNeitherKeptNorForgotten() throws {
        let request = try inserted("a")
        pending.keep(request, at: .stream(1))
        pending.forget(request)
        #expect(find("a") == .waiting && pending.count == 1 && pending.endedCount == 0)
    }

    @Test mutating func theContentTellsWhetherItIsTheSameEvent() throws {
        let request = try inserted("a", content: 42)
        #expect(pending.content(of: request) == 42)
        #expect(insert("a", content: 42) == .duplicate(request, .waiting, isSame: true))
        #expect(insert("a", content: 43) == .duplicate(request, .waiting, isSame: false))
        _ = pending.settle(request, list: &list)
        #expect(insert("a", content: 43) == .duplicate(request, .ended(.stream(0)), isSame: false))
        pending.forget(request)
        #expect(pending.content(of: request) == nil)
    }

    @Test mutating func aWaiterGivesWayToAnother() throws {
        let request = try inserted("a", waiter: 7)
        #expect(pending.waiter(of: request) == 7)
        #expect(pending.redirect(request, to: 8) == 7)
        #expect(pending.waiter(of: request) == 8)
        let settled = pending.settle(request, list: &list)
        #expect(settled?.request == request && settled?.waiter == 8)
        #expect(pending.waiter(of: request) == 0)
        #expect(pending.redirect(request, to: 9) == nil)
    }

    /// A place is used again: its next request has nothing of the one before.
    @Test mutating func aNewRequestBeginsAnew() throws {
        let first = try inserted("a", content: 1, waiter: 7)
        _ = pending.settle(first, list: &list)
        pending.keep(first, at: .stream(3))
        pending.forget(first)
        let second = try inserted("a")
        #expect(pending.waiter(of: second) == 0 && pending.content(of: second) == 0 && find("a") == .waiting)
    }

    @Test mutating func endedRequestsHaveNoDeadlineAndTakeNoRoom() throws {
        for number in 0..<25 {
            let request = try inserted("\(number)")
            _ = pending.settle(request, list: &list)
            pending.keep(request, at: .stream(UInt64(number)))
        }
        #expect(pending.count == 0 && pending.endedCount == 25 && pending.nextDeadline == nil)
        var expired: [PendingRequests.Expired] = []
        pending.expire(at: TestTable.at(1000), into: &expired)
        #expect(expired.isEmpty)
    }

    @Test mutating func theEndOfAnOwnerLeavesItsEndedRequestsToThoseWhoKeepThem() throws {
        let ended = try inserted("ended")
        _ = pending.settle(ended, list: &list)
        _ = try inserted("waits")
        pending.forgetAll(of: &list)
        #expect(pending.count == 0 && pending.endedCount == 1 && find("waits") == nil)
        pending.forget(ended)
        #expect(pending.endedCount == 0)
    }
}
