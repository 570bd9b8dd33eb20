import Core
import Sessions
import Testing

@Suite struct TimelineStoreTests {
    private let name = CorrelationID.text(Array("session".utf8))

    private func begin(
        _ store: TimelineStore, _ id: String, at time: UInt64 = 1, of name: CorrelationID? = nil,
        by principal: [UInt8]? = nil, isOpen: Bool = true
    ) -> UInt64 {
        Array(id.utf8).withUnsafeBytes {
            store.begin(
                id: $0, correlationID: name ?? self.name, owner: 7, acceptedAt: time, principal: principal,
                isOpen: isOpen)
        }
    }

    @Test func stagesCountTheFirstTime() throws {
        let store = TimelineStore(eventsMax: 4)
        let number = begin(store, "a", at: 10)
        store.mark(number, .forwarded, at: 20)
        store.mark(number, .forwarded, at: 30)
        let timeline = try #require(store.find(id: Array("a".utf8), of: nil, by: nil))
        #expect(timeline.time(of: .accepted) == 10 && timeline.time(of: .forwarded) == 20)
        #expect(timeline.time(of: .confirmed) == nil && timeline.state == "pending" && timeline.owner == 7)
        store.mark(number, .dispatched, at: 40)
        #expect(store[number]?.state == "answered")
        store.fail(number, problem: "deadline-passed", at: 50)
        #expect(store[number]?.state == "failed" && store[number]?.problem == "deadline-passed")
    }

    @Test func theOldestIsOverwrittenAndItsNumberIsStale() {
        let store = TimelineStore(eventsMax: 3)
        let numbers = (0..<5).map { begin(store, "\($0)", at: UInt64($0 + 1)) }
        #expect(store.count == 3)
        for (index, number) in numbers.enumerated() {
            store.mark(number, .pushed, at: 99)
            let found = store.find(id: Array("\(index)".utf8), of: nil, by: nil)
            #expect((found != nil) == (index >= 2) && (store[number] != nil) == (index >= 2))
            #expect(found == nil || found?.time(of: .pushed) == 99)
        }
        #expect(store[.max] == nil && store[numbers[4] + 1] == nil)
    }

    @Test func ofTwoWithTheSameIDTheNewerIsFoundOrThatOfTheSession() {
        let store = TimelineStore(eventsMax: 10)
        let other = CorrelationID.text(Array("other".utf8))
        _ = begin(store, "a", at: 1)
        _ = begin(store, "a", at: 2, of: other)
        _ = begin(store, "a", at: 3)
        #expect(store.find(id: Array("a".utf8), of: nil, by: nil)?.time(of: .accepted) == 3)
        #expect(store.find(id: Array("a".utf8), of: other, by: nil)?.time(of: .accepted) == 2)
        #expect(store.find(id: Array("a".utf8), of: .text([0x78]), by: nil) == nil)
    }

    @Test func aSessionsEventIsFoundOnlyByItsSession() {
        let store = TimelineStore(eventsMax: 4)
        _ = begin(store, "a", isOpen: false)
        #expect(store.find(id: Array("a".utf8), of: nil, by: nil) == nil)
        #expect(store.find(id: Array("a".utf8), of: name, by: nil)?.time(of: .accepted) == 1)
    }

    @Test func aPrincipalFindsItsOwnAmongOthersWithTheSameID() {
        let store = TimelineStore(eventsMax: 500)
        let (mine, others) = (Array("mine".utf8), Array("others".utf8))
        _ = begin(store, "a", at: 1, by: mine)
        for time in 2...400 { _ = begin(store, "a", at: UInt64(time), by: others) }
        for session in [nil, name] {
            #expect(store.find(id: [0x61], of: session, by: mine)?.time(of: .accepted) == 1)
            #expect(store.find(id: [0x61], of: session, by: others)?.time(of: .accepted) == 400)
            #expect(store.find(id: [0x61], of: session, by: nil) == nil)
        }
    }

    @Test func everyPlaceOfTheRingIsFound() {
        let store = TimelineStore(eventsMax: 300)
        for number in 0..<1000 {
            _ = begin(store, "\(number)", at: UInt64(number + 1))
            guard number % 37 == 0 else { continue }
            for known in 0...number {
                let time = store.find(id: Array("\(known)".utf8), of: nil, by: nil)?.time(of: .accepted)
                #expect(time == (number - known < 300 ? UInt64(known + 1) : nil))
            }
        }
    }

    @Test func noneAreKeptIfNoneMay() {
        let store = TimelineStore(eventsMax: 0)
        let number = begin(store, "a")
        store.mark(number, .pushed, at: 1)
        #expect(store.count == 0 && store[number] == nil && store.find(id: Array("a".utf8), of: nil, by: nil) == nil)
    }

    @Test func manyTurnsOfTheRingKeepTheIndexRight() {
        let store = TimelineStore(eventsMax: 64)
        for number in 0..<5000 { _ = begin(store, "\(number % 100)", at: UInt64(number + 1)) }
        for number in 4936..<5000 {
            #expect(
                store.find(id: Array("\(number % 100)".utf8), of: nil, by: nil)?.time(of: .accepted)
                    == UInt64(number + 1))
        }
        #expect(store.find(id: Array("35".utf8), of: nil, by: nil) == nil)
    }
}
