import Core
import Crypto
import Testing

/// Against the published vectors.
@Suite struct CryptoTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ])
    func sha1(_ text: String, _ digest: String) { #expect(Hexadecimal.string(SHA1.digest(Array(text.utf8))) == digest) }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func sha256(_ text: String, _ digest: String) {
        #expect(Hexadecimal.string(SHA256.digest(Array(text.utf8))) == digest)
    }

    /// RFC 4231, cases 1, 2 and 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmac(_ key: [UInt8], _ message: String, _ code: String) {
        let hmac = HMACKey(key)
        // A key is used again and again.
        for _ in 0..<2 { #expect(Hexadecimal.string(Array(message.utf8).withUnsafeBytes { hmac.code($0) }) == code) }
        #expect(Hexadecimal.string([UInt8]().withUnsafeBytes { hmac.code($0) }) != code)
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Zm9v!", "Zm 9v", "====", "Zg==Zg=="])
    func whatIsNotBase64(_ text: String) { #expect(Base64.decode(text) == nil) }

    @Test func constantTimeComparison() {
        #expect(ConstantTime.equals([], []) && ConstantTime.equals([1, 2], [1, 2]))
        #expect(
            !ConstantTime.equals([1, 2], [1, 3]) && !ConstantTime.equals([1], [1, 2]) && !ConstantTime.equals([], [0]))
    }
}
