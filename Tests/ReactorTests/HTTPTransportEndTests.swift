import Core
import Glibc
import HTTPClient
import Reactor
import Testing

/// What a program does when it ends with requests under way.
@Suite struct HTTPTransportEndTests {
    private final class Owner {
        // In the order in which they end: the loop before what lives on it.
        let turning: TestLoop
        let transport: HTTPTransport
        init() throws {
            turning = try TestLoop()
            transport = HTTPTransport(loop: turning.loop)
        }
    }

    @Test func itEndsWithRequestsUnderWay() throws {
        let silent = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        defer { close(silent.fd) }
        var owner: Owner? = try Owner()
        weak let transport = owner?.transport
        var completions = 0
        owner?.transport.send(ClientRequest(.get, url: "http://127.0.0.1:\(silent.port)/")) { _ in completions += 1 }
        // It connects, and then waits for an answer that does not come.
        owner?.turning.run(milliseconds: 50)
        #expect(transport?.inFlight == 1)
        owner = nil
        #expect(transport == nil && completions == 0)
    }
}
