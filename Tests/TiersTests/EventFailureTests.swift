import Core
import Testing
import Tiers

@Suite struct EventFailureTests {
    @Test func readsBackWhatItWrote() {
        let failures = [
            EventFailure(index: 0, problem: Problem(.unroutableType, "No \"route\".")),
            EventFailure(index: 9, problem: Problem(.tooManyRequests, "Full.", retryAfterSeconds: 2)),
        ]
        #expect(EventFailure.decode(EventFailure.encode(failures)) == failures)
        #expect(EventFailure.decode(EventFailure.encode([])) == [])
        #expect(EventFailure.decode([]) == [])
    }

    @Test(arguments: ["{}", "[1]", "[{\"index\":\"0\"}]", "[{\"index\":0}]", "nonsense", "["])
    func nonsenseIsRefused(text: String) { #expect(EventFailure.decode(Array(text.utf8)) == nil) }

    @Test func anUnknownKindIsAnInternalError() {
        let body = Array(
            "[{\"index\":1,\"problem\":{\"type\":\"urn:switchboard:problem:of-the-future\",\"detail\":\"d\"}}]".utf8)
        #expect(EventFailure.decode(body) == [EventFailure(index: 1, problem: Problem(.internalError, "d"))])
    }
}
