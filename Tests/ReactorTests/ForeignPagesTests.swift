import HTTP1
import Testing

@testable import HTTPServer

@Suite struct ForeignPagesTests {
    @Test(arguments: [
        "localhost", "LOCALHOST", "127.0.0.1", "10.0.0.7", "[::1]", "gateway", "gateway.localhost", "localhost.", "",
    ])
    func isOfTheMachineItself(_ host: String) { #expect(!ForeignPages.isForeign(host)) }

    @Test(arguments: [
        "evil.example", "evil.example.", "127.0.0.1.evil.example", "a.b", "localhost.evil.example", "1.2.3",
        "256.0.0.1",
        "1.2.3.4.5", String(repeating: "x", count: 300),
    ])
    func isANameOnTheNet(_ host: String) { #expect(ForeignPages.isForeign(host)) }
}
