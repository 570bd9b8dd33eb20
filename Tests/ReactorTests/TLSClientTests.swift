import CLinux
import Core
import Glibc
import Reactor
import Testing

/// Both sides of a TLS connection are channels here, on one loop.
@Suite struct TLSClientTests {
    private let folder: CertificateFolder

    init() throws { folder = try CertificateFolder() }

    private final class World {
        let turning: TestLoop
        let client = RecordingHandler()
        var server: RecordingHandler?
        let channel: Channel
        private var listener: Listener?
        private var accepted: Channel?

        init(_ folder: CertificateFolder, _ context: TLSContext, greeting: String = "", farewell: String = "") throws {
            let server = try TLSContext(certificateFile: folder.certificate, keyFile: folder.key)
            let turning = try TestLoop()
            self.turning = turning
            let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
            var address = sockaddr_storage()
            var length: socklen_t = 0
            try #require(clinux_resolve("127.0.0.1", socket.port, &address, &length) == 0)
            let fd = clinux_connect(&address, length, 1, 4096)
            try #require(fd >= 0)
            channel = try Channel.make(loop: turning.loop, fd: fd, tls: context, handler: client)
            channel.write { $0 += Array(greeting.utf8) }
            listener = try Listener(loop: turning.loop, socket: socket) { [unowned self] fd in
                let handler = RecordingHandler()
                handler.onReceived = { $0.write { $0 += Array("hello".utf8) } }
                self.server = handler
                accepted = try? Channel.make(loop: turning.loop, fd: fd, tls: server, handler: handler)
                guard !farewell.isEmpty else { return }
                accepted?.write { $0 += Array(farewell.utf8) }
                accepted?.closeAfterFlush()
            }
        }

        deinit {
            listener?.close()
            channel.close()
            accepted?.close()
        }
    }

    private func client(_ name: String, authorities: String? = nil, verifies: Bool = true) throws -> TLSContext {
        try TLSContext(serverName: name, certificateAuthoritiesFile: authorities, verifiesCertificate: verifies)
    }

    @Test func aTrustedServerIsTalkedTo() throws {
        let world = try World(
            folder, try client("127.0.0.1", authorities: folder.certificate), greeting: "who is there?")
        #expect(world.turning.run { world.client.text == "hello" })
        #expect(world.server?.text == "who is there?" && world.channel.isOpen)
    }

    /// What it has to say waits for the keys, though it is to be closed.
    @Test func aServerThatClosesBeforeTheHandshakeSaysWhatItHas() throws {
        let world = try World(
            folder, try client("127.0.0.1", authorities: folder.certificate), greeting: "hello?", farewell: "bye")
        #expect(world.turning.run { world.client.isClosed })
        #expect(world.client.text == "bye")
    }

    @Test func whoeverItIsIsTalkedToIfThatIsWanted() throws {
        let world = try World(folder, try client("elsewhere.example", verifies: false), greeting: "x")
        #expect(world.turning.run { world.client.text == "hello" })
    }

    @Test(arguments: ["elsewhere.example", "127.0.0.2"])
    func anotherNameThanTheCertificatesIsNotTrusted(_ name: String) throws {
        let world = try World(folder, try client(name, authorities: folder.certificate), greeting: "secret")
        #expect(world.turning.run { world.client.isClosed })
        #expect(world.client.reasons == [.tlsFailed("certificate verify failed")])
        world.turning.run(milliseconds: 20)
        #expect(world.server?.received.isEmpty != false)
    }

    @Test func anUnknownAuthorityIsNotTrusted() throws {
        let world = try World(folder, try client("127.0.0.1"), greeting: "secret")
        #expect(world.turning.run { world.client.isClosed })
        #expect(world.client.reasons == [.tlsFailed("certificate verify failed")])
    }

    @Test func aMissingFileOfAuthoritiesIsNamed() {
        let missing = folder.path + "/missing.pem"
        #expect(throws: TLSConfigurationError.self) { try client("h", authorities: missing) }
    }

    /// A socket that nobody takes ends its channel with the reason.
    @Test func aRefusedConnectionIsTold() throws {
        let turning = try TestLoop()
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let port = socket.port
        try Listener(loop: turning.loop, socket: socket) { Glibc.close($0) }.close()
        var address = sockaddr_storage()
        var length: socklen_t = 0
        try #require(clinux_resolve("localhost", port, &address, &length) == 0)
        try #require(clinux_resolve("127.0.0.1", port, &address, &length) == 0)
        let fd = clinux_connect(&address, length, 0, 0)
        // The kernel may know at once.
        guard fd >= 0 else {
            #expect(errno == ECONNREFUSED)
            return
        }
        let handler = RecordingHandler()
        let channel = try Channel.make(loop: turning.loop, fd: fd, tls: nil, handler: handler)
        channel.write { $0 += [1] }
        #expect(turning.run { handler.isClosed })
        guard case .failed(let error) = handler.reasons.first else {
            Issue.record("\(handler.reasons)")
            return
        }
        // By whichever call is told first.
        #expect(error.code == ECONNREFUSED && error.reason == "Connection refused")
    }
}
