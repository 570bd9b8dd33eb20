import Testing

@testable import EventTracing

@Suite struct HTTPAddressTests {
    @Test(
        "host, port and path of a URL",
        arguments: [
            ("http://127.0.0.1:8082/events", "127.0.0.1", 8082, "/events"),
            ("https://web-3.example/dispatch", "web-3.example", 443, "/dispatch"),
            ("http://[::1]:8081/dispatch", "[::1]", 8081, "/dispatch"), ("http://[::1]", "[::1]", 80, "/"),
            ("http://host:", "host", nil, "/"),
        ] as [(String, String, Int?, String)])
    func parts(url: String, host: String, port: Int?, path: String) {
        let address = HTTPAddress(url)
        #expect(address.host == host && address.port == port && address.path == path)
    }
}
