import Testing

@testable import Dispatcher

@Suite struct VerifiedAddressesTests {
    private let here = Destination(url: "http://127.0.0.1:1")
    private let there = Destination(url: "http://127.0.0.1:2")

    private func find(_ text: String, hash: Int, in verified: VerifiedAddresses) -> Destination? {
        Array(text.utf8).withUnsafeBytes { verified.destination(of: $0, hash: hash) }
    }

    private func insert(_ text: String, hash: Int, _ destination: Destination, in verified: inout VerifiedAddresses) {
        Array(text.utf8).withUnsafeBytes { verified.insert($0, hash: hash, destination) }
    }

    @Test func onlyTheSameTextIsFound() {
        var verified = VerifiedAddresses()
        #expect(find("abc", hash: -5, in: verified) == nil)
        insert("abc", hash: -5, here, in: &verified)
        #expect(find("abc", hash: -5, in: verified) === here)
        // Of another text, though its hash is the same; under another hash, though its place is the same.
        #expect(find("abd", hash: -5, in: verified) == nil)
        #expect(find("abcd", hash: -5, in: verified) == nil)
        #expect(find("abc", hash: -5 + VerifiedAddresses.addressesMax, in: verified) == nil)
    }

    @Test func aLaterOneTakesThePlaceOfAnEarlierOne() {
        var verified = VerifiedAddresses()
        insert("abc", hash: 7, here, in: &verified)
        insert("def", hash: 7 + VerifiedAddresses.addressesMax, there, in: &verified)
        #expect(find("abc", hash: 7, in: verified) == nil)
        #expect(find("def", hash: 7 + VerifiedAddresses.addressesMax, in: verified) === there)
        verified.removeAll()
        #expect(find("def", hash: 7 + VerifiedAddresses.addressesMax, in: verified) == nil)
    }
}
