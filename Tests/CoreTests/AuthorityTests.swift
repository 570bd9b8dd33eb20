import Core
import Testing

@Suite struct AuthorityTests {
    @Test(
        "host and port, and nothing of a password",
        arguments: [
            ("127.0.0.1:8082", "127.0.0.1", 8082), ("web-3.example", "web-3.example", nil),
            ("[::1]:8081", "[::1]", 8081),
            ("[::1]", "[::1]", nil), ("host:", "host", nil), ("user:secret@host:1", "host", 1), ("", "", nil),
            ("host:x", "host", nil),
        ] as [(String, String, Int?)])
    func parts(text: String, host: String, port: Int?) {
        let authority = Authority(text[...])
        #expect(authority.host == host && authority.port == port)
    }
}
