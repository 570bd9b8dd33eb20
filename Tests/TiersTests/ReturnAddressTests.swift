import Core
import Testing
import Tiers

private var key: InternalAuthenticator { InternalAuthenticator(secret: Array("correct horse".utf8)) }
private var otherKey: InternalAuthenticator { InternalAuthenticator(secret: Array("battery staple".utf8)) }
private var open: InternalAuthenticator { InternalAuthenticator(secret: nil) }

private func url(_ text: [UInt8], _ authenticator: InternalAuthenticator) -> String? {
    text.withUnsafeBytes { ReturnAddress.verifiedURL(in: $0, by: authenticator)?.text }
}

@Suite struct ReturnAddressTests {
    @Test func readsBackWhatItWrote() {
        let address = ReturnAddress(instance: 0xABCD_EF00, handle: 42, url: "http://10.0.0.7:8081")
        let text = address.encoded(by: key)
        #expect(url(text, key) == "http://10.0.0.7:8081")
        let place = text.withUnsafeBytes { ReturnAddress.place(in: $0) }
        #expect(place?.instance == 0xABCD_EF00 && place?.handle == 42)
    }

    @Test func anotherSecretIsRefused() {
        let text = ReturnAddress(instance: 1, handle: 2, url: "http://127.0.0.1:1").encoded(by: otherKey)
        #expect(url(text, key) == nil)
        #expect(url(text, open) == nil)
    }

    /// Every byte is bound: the place, the seal, and the URL.
    @Test func anyChangedByteIsRefused() {
        let text = ReturnAddress(instance: 7, handle: 9, url: "http://127.0.0.1:8081").encoded(by: key)
        for index in text.indices {
            var forged = text
            forged[index] ^= 1
            #expect(url(forged, key) == nil, "byte \(index)")
        }
        for length in 0..<text.count { #expect(url(Array(text[..<length]), key) == nil, "cut to \(length)") }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8081", true), ("http://127.8.9.1:80", true), ("http://localhost:8081", true),
        ("http://[::1]:8081", true), ("http://10.0.0.1:8081", false), ("http://127.evil.example:80", false),
        ("http://127.0.0.1@evil.example", false), ("http://localhost:80@evil.example/", false),
        ("http://localhost.evil.example:80", false), ("https://127.0.0.1:8081", true), ("ftp://127.0.0.1", false),
        ("http://[::1]:80@evil.example", false), ("https://localhost:1", true), ("https://[::1]:1/x", true),
        ("https://127.evil.example:80", false), ("https://localhost:80@evil.example", false), ("https://", false),
        ("https://localhost", false), ("http:///127.0.0.1:1", false),
    ])
    func withoutSecretOnlyLoopbackIsFollowed(target: String, isAllowed: Bool) {
        let text = ReturnAddress(instance: 1, handle: 2, url: target).encoded(by: open)
        #expect((url(text, open) != nil) == isAllowed)
    }

    @Test(arguments: ["", "x", String(repeating: "0", count: 32), String(repeating: "0", count: 32) + "..", "é"])
    func nonsenseIsRefused(text: String) {
        #expect(url(Array(text.utf8), key) == nil)
        #expect(url(Array(text.utf8), open) == nil)
    }
}
