import Core
import Testing

@Suite struct MailboxTests {
    @Test func wakesOnlyWhenItStopsBeingEmpty() {
        let wakes = Mutex(0)
        let mailbox = Mailbox<Int>(messagesMax: 10) { wakes.withLock { $0 += 1 } }
        #expect(mailbox.post(1) == .posted)
        #expect(mailbox.post(2) == .posted)
        #expect(wakes.withLock { $0 } == 1)
        var batch: [Int] = []
        mailbox.take(into: &batch)
        #expect(batch == [1, 2])
        #expect(mailbox.post(3) == .posted)
        #expect(wakes.withLock { $0 } == 2)
    }

    @Test func saysWhenItIsFull() {
        let mailbox = Mailbox<Int>(messagesMax: 2) {}
        #expect(mailbox.post(1) == .posted)
        #expect(mailbox.post(2) == .posted)
        #expect(mailbox.post(3) == .full)
        #expect(mailbox.count == 2)
    }

    @Test func losesNothingBetweenThreads() throws {
        let total = 20_000
        let mailbox = Mailbox<Int>(messagesMax: 64) {}
        let threads = try (0..<4).map { part in
            try Thread(name: "poster-\(part)") {
                for number in stride(from: part, to: total, by: 4) {
                    while mailbox.post(number) == .full {}
                }
            }
        }
        var seen = Set<Int>()
        var batch: [Int] = []
        while seen.count < total {
            mailbox.take(into: &batch)
            #expect(batch.count <= 64)
            for number in batch { #expect(seen.insert(number).inserted) }
            batch.removeAll(keepingCapacity: true)
        }
        for thread in threads { thread.join() }
    }
}
