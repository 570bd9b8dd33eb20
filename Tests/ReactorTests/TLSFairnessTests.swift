import COpenSSL
import Core
import Glibc
import Reactor
import TestCertificates
import TestSupport
import Testing

/// One who sends a mass of small TLS records, beside somebody else on the same loop.
@Suite struct TLSFairnessTests {
    /// So many fit into the socket, whatever the kernel adds to each.
    private static let records = 150

    private final class World {
        let turning: TestLoop
        let sender = RecordingHandler()
        let other = RecordingHandler()
        let channels: [Channel]
        let client: OpaquePointer
        private let sockets: [SocketPair]
        private let context: OpaquePointer

        init() throws {
            let folder = try CertificateFolder()
            let tls = try TLSContext(certificateFile: folder.certificate, keyFile: folder.key)
            turning = try TestLoop()
            sockets = [try SocketPair(), try SocketPair()]
            channels = [
                try Channel.make(loop: turning.loop, fd: sockets[0].near, tls: tls, handler: sender),
                try Channel.make(loop: turning.loop, fd: sockets[1].near, tls: nil, handler: other),
            ]
            context = try #require(SSL_CTX_new(TLS_client_method()))
            client = try #require(SSL_new(context))
            let fd = sockets[0].peer.fd
            _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
            SSL_set_fd(client, fd)
            SSL_set_connect_state(client)
            let client = client
            #expect(turning.run { SSL_do_handshake(client) == 1 && SSL_is_init_finished(client) == 1 })
            // The server's tickets.
            var byte: UInt8 = 0
            _ = SSL_read(client, &byte, 1)
        }

        deinit {
            for channel in channels { channel.close() }
            SSL_free(client)
            SSL_CTX_free(context)
        }

        func send(_ text: String) { #expect(SSL_write(client, text, CInt(text.utf8.count)) == text.utf8.count) }

        func changeKeys(_ kind: CInt) {
            #expect(SSL_key_update(client, kind) == 1)
            #expect(SSL_do_handshake(client) == 1)
        }

        func sendAsTheOther() { sockets[1].peer.send("x") }
    }

    @Test func tinyRecordsAreReadInTurns() throws {
        let world = try World()
        for _ in 0..<Self.records { world.send("a") }
        world.sendAsTheOther()
        var receivedBefore = -1
        world.other.onReceived = { [unowned world] _ in receivedBefore = world.sender.received.count }
        #expect(world.turning.run { world.sender.received.count == Self.records })
        #expect(receivedBefore >= 0 && receivedBefore <= 16)
        #expect(world.sender.offers.allSatisfy { $0 <= 16 })
    }

    @Test func changesOfKeysAreReadInTurns() throws {
        let world = try World()
        for _ in 0..<Self.records { world.changeKeys(SSL_KEY_UPDATE_NOT_REQUESTED) }
        world.send("a")
        world.sendAsTheOther()
        var receivedBefore = -1
        world.other.onReceived = { [unowned world] _ in receivedBefore = world.sender.received.count }
        #expect(world.turning.run { world.sender.text == "a" })
        #expect(receivedBefore == 0)
    }

    @Test func keysThatAreToBeChangedAreChanged() throws {
        let world = try World()
        for round in 1...3 {
            world.changeKeys(SSL_KEY_UPDATE_REQUESTED)
            world.send("a")
            #expect(world.turning.run { world.sender.received.count == round })
            world.channels[0].write { $0.append("answer") }
            var answer = [UInt8](repeating: 0, count: 16)
            var count: CInt = 0
            let client = world.client
            #expect(
                world.turning.run {
                    count = SSL_read(client, &answer, 16)
                    return count > 0
                })
            #expect(String(decoding: answer.prefix(Int(max(count, 0))), as: UTF8.self) == "answer")
        }
    }

    /// Each asks for an answer, and nobody reads those: the server waits, without a spin, until there is room.
    @Test func whoAsksForKeysAndDoesNotReadIsWaitedFor() throws {
        let world = try World()
        var sent = 0
        while sent < 20_000, !world.sender.isClosed {
            guard SSL_key_update(world.client, SSL_KEY_UPDATE_REQUESTED) == 1, SSL_do_handshake(world.client) == 1
            else {
                break
            }
            sent += 1
            if sent % 50 == 0 { world.turning.run(milliseconds: 1) }
        }
        #expect(sent > Self.records)
        var turns = 0
        world.turning.loop.atTurnEnd { turns += 1 }
        world.turning.run(milliseconds: 100)
        #expect(turns < 1000)
        world.sendAsTheOther()
        #expect(world.turning.run { world.other.text == "x" })
    }
}
