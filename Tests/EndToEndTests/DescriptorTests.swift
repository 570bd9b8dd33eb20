import TestSupport
import Testing

/// A process that has no file descriptor left.
@Suite struct DescriptorTests {
    /// Connections beyond what it can hold are closed instead of waiting, and it serves again when there is room. No
    /// broker listens, so the dispatcher's attempts to connect take and give back descriptors all the while.
    @Test func itRefusesAndGoesOn() throws {
        let program = try RunningProgram(
            "/bin/bash",
            [
                "-c", "ulimit -n 40 && exec \"$0\" \"$@\"", try ProgramFolder.path(of: "dispatcher"), "--port", "0",
                "--amqp-url", "amqp://127.0.0.1:\(FreePorts.take(1)[0])",
            ])
        let url = try #require(try program.announcement()["internal"] as? String)
        let port = RawSocket.port(of: url)
        for _ in 0..<3 {
            let sockets = try (0..<80).map { _ in try RawSocket(port: port) }
            var served: [RawSocket] = []
            for socket in sockets {
                socket.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
                if RawResponse.read(socket)?.status == 200 { served.append(socket) }
            }
            #expect(served.count >= 10 && served.count < 40, "\(served.count): \(program.logged.suffix(500))")
            // Those that it holds are still served.
            for socket in served {
                socket.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
                #expect(RawResponse.read(socket)?.status == 200)
            }
            for socket in sockets { socket.close() }
            #expect(Polling.until { (try? HTTPCall.get(port: port, "/livez"))?.status == 200 })
        }
        program.signal(15)
        #expect(try program.status() == 0)
    }
}
