import TestSupport
import Testing

@testable import switchboard

@Suite struct RequestLedgerTests {
    /// Against a memory of every number that was ever given out.
    @Test(arguments: 0..<10)
    func itKnowsWhatWasAskedAndWhatWasAnswered(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var ledger = RequestLedger(limit: Int.random(in: 1...40, using: &random))
        var (pending, ended): ([UInt64: UInt64], Set<UInt64>) = ([:], [])
        for step in 0..<4000 as Range<UInt64> {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let number = ledger.begin(intended: step, isTraced: step % 3 == 0)
                #expect((number == nil) == (pending.count == ledger.limit))
                guard let number else { continue }
                #expect(pending[number] == nil && !ended.contains(number) && number <= RequestLedger.numberMax)
                pending[number] = step
            case 5..<9:
                guard let (number, intended) = pending.randomElement(using: &random) else { continue }
                pending[number] = nil
                ended.insert(number)
                #expect(ledger.end(number) == .answered(intended: intended, isTraced: intended % 3 == 0))
            default:
                if let number = ended.randomElement(using: &random) { #expect(ledger.end(number) == .duplicate) }
                let other = UInt64.random(in: 0...RequestLedger.numberMax, using: &random)
                if pending[other] == nil, !ended.contains(other) { #expect(ledger.end(other) == .unknown) }
            }
            #expect(ledger.pendingCount == pending.count && ledger.hasRoom == (pending.count < ledger.limit))
        }
        var listed: Set<UInt64> = []
        ledger.forEachPending { listed.insert($0) }
        #expect(listed == Set(pending.keys))
        #expect(ledger.abandonAll() == pending.count && ledger.pendingCount == 0)
        for number in pending.keys { #expect(ledger.end(number) == .duplicate) }
    }

    @Test func theNextNumberOfASlotIsUnknownUntilItIsAsked() throws {
        var ledger = RequestLedger(limit: 1)
        let begun = ledger.begin(intended: 1, isTraced: false)
        _ = ledger.end(try #require(begun))
        var other = ledger
        let next = other.begin(intended: 2, isTraced: false)
        let second = try #require(next)
        #expect(ledger.end(second) == .unknown)
        #expect(other.end(second) == .answered(intended: 2, isTraced: false))
    }

    @Test func aLowerLimitHoldsForWhatComes() {
        var ledger = RequestLedger(limit: 3)
        let numbers = (0..<3).compactMap { ledger.begin(intended: $0, isTraced: false) }
        ledger.lowerLimit(to: 2)
        #expect(!ledger.hasRoom && ledger.end(numbers[0]) != .unknown)
        #expect(ledger.begin(intended: 9, isTraced: false) == nil)
        #expect(ledger.end(numbers[1]) != .unknown)
        #expect(ledger.begin(intended: 9, isTraced: false) != nil)
        ledger.lowerLimit(to: 5)
        #expect(ledger.limit == 2)
    }

    @Test(
        arguments: [
            (0, 0, 0), (0xDEAD_BEEF, 0x0102_0304, 0xABC_DEF0), (.max, .max, RequestLedger.numberMax),
        ] as [(UInt32, UInt32, UInt64)])
    func namesAreRead(_ run: UInt32, _ session: UInt32, _ number: UInt64) {
        var bytes = [UInt8](repeating: 0, count: RequestName.bytes)
        bytes.withUnsafeMutableBytes { RequestName.write(run: run, session: session, number: number, into: $0) }
        bytes.withUnsafeBytes { bytes in
            #expect(RequestName.number(bytes, run: run, session: session) == number)
            #expect(RequestName.number(bytes, run: run &+ 1, session: session) == nil)
            #expect(RequestName.number(bytes, run: run, session: session &+ 1) == nil)
            #expect(RequestName.number(bytes.slice(0..<bytes.count - 1), run: run, session: session) == nil)
        }
    }
}
