import Core
import Testing

@testable import Broker

@Suite struct WindowTests {
    @Test func confirmsInAnyOrder() {
        var window = ConfirmWindow<String>()
        for text in ["a", "b", "c", "d", "e", "f"] { window.append(text) }
        func take(_ tag: UInt64, _ multiple: Bool = false) -> [String] {
            var taken: [String] = []
            window.take(tag, multiple: multiple) { taken.append($0) }
            return taken
        }
        #expect(take(3) == ["c"])
        #expect(take(3).isEmpty)
        #expect(take(7).isEmpty && take(7, true).isEmpty && take(.max).isEmpty && take(.max, true).isEmpty)
        #expect(take(0).isEmpty)
        #expect(window[2] == "b" && window[3] == nil && window[0] == nil && window[7] == nil)
        #expect(take(4, true) == ["a", "b", "d"])
        #expect(take(2, true).isEmpty)
        #expect(window.count == 2 && window.nextTag == 7)
        #expect(take(0, true) == ["e", "f"])
        #expect(window.isEmpty && window.nextTag == 7)
        window.append("g")
        #expect(window[7] == "g" && Array(window.unconfirmed) == ["g"])
        #expect(take(7) == ["g"])
        #expect(take(0, true).isEmpty)
    }

    /// Random settlements against a model: every delivery is settled towards the broker exactly as the caller said, once.
    @Test(arguments: 1...50)
    func settlementsAreToldOnceAndRight(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = SettlementWindow()
        var wanted: [UInt64: String] = [:]
        var told: [UInt64: String] = [:]
        var last: UInt64 = 0
        func apply(_ commands: [SettlementWindow.Command]) {
            for command in commands {
                switch command {
                case .acknowledge(let tag, multiple: true):
                    for earlier in 1...tag where told[earlier] == nil { told[earlier] = "acknowledged" }
                case .acknowledge(let tag, multiple: false):
                    #expect(told[tag] == nil)
                    told[tag] = "acknowledged"
                case .reject(let tag, let requeue):
                    #expect(told[tag] == nil)
                    told[tag] = requeue ? "requeued" : "discarded"
                }
            }
        }
        for _ in 0..<400 {
            switch UInt64.random(in: 0..<10, using: &random) {
            case 0..<4:
                last += 1
                let isTaken = window.deliver(last)
                #expect(isTaken)
            case 4..<8 where last > 0:
                let tag = UInt64.random(in: 0...last + 1, using: &random)
                let kinds: [Settlement.Kind] = [.acknowledge, .acknowledge, .requeue, .discard, .acknowledgeThrough]
                let kind = kinds.randomElement(using: &random) ?? .acknowledge
                let known = (1...last).contains(tag)
                let through = known && kind == .acknowledgeThrough ? Array(1...tag) : known ? [tag] : []
                let settled = through.filter { wanted[$0] == nil }
                for tag in settled {
                    wanted[tag] = kind == .requeue ? "requeued" : kind == .discard ? "discarded" : "acknowledged"
                }
                let count = window.settle(tag, kind)
                #expect(count == settled.count)
            default:
                window.flush()
                apply(window.commands)
                window.removeCommands()
                #expect(told == wanted)
            }
            #expect(window.unsettledCount == Int(last) - wanted.count)
        }
    }

    @Test func neighboursAreAcknowledgedAsOne() {
        var window = SettlementWindow()
        let taken = (1...8 as ClosedRange<UInt64>).filter { $0 != 7 && window.deliver($0) }
        #expect(taken == [1, 2, 3, 4, 5, 6])
        let settled = ([2, 1, 3, 5] as [UInt64]).map { window.settle($0, .acknowledge) }
        #expect(settled == [1, 1, 1, 1])
        window.flush()
        #expect(window.commands == [.acknowledge(3, multiple: true), .acknowledge(5, multiple: false)])
        window.removeCommands()
        window.flush()
        #expect(window.commands.isEmpty)
        _ = window.settle(4, .acknowledge)
        window.flush()
        #expect(window.commands == [.acknowledge(4, multiple: true)])
    }
}
