import Core
import Glibc
import HTTPClient
import Reactor
import TestSupport
import Testing

/// Connections that go from one loop to another. The loops take turns on the test's thread.
@Suite struct ChannelTransferTests {
    /// Counts how often it was told of an end.
    private final class Owner: ChannelOwner {
        let endings = Mutex(0)
        override func channelEnded() { endings.withLock { $0 += 1 } }
        var count: Int { endings.withLock { $0 } }
    }

    private static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3 ^ $0) } }

    @Test func whatWasReceivedAndNotUsedGoesAlong() throws {
        let (here, there) = (try TestLoop(), try TestLoop())
        let pair = try SocketPair()
        let parked = RecordingHandler()
        parked.consume = { _ in 2 }
        let owner = Owner()
        let channel = try Channel.make(loop: here.loop, fd: pair.near, tls: nil, handler: parked)
        channel.owner = owner
        pair.peer.send("abcde")
        #expect(here.run { parked.received.count == 2 })
        channel.pauseReading()
        pair.peer.send("fgh")
        here.run(milliseconds: 10)
        let detached = try #require(channel.detach())
        #expect(channel.isClosed && channel.detach() == nil)
        let handler = RecordingHandler()
        let moved = try Channel.attach(detached, loop: there.loop, handler: handler)
        #expect(there.run { handler.text == "cdefgh" })
        moved.write { $0.append("answer") }
        #expect(there.run { pair.peer.poll() == Array("answer".utf8) })
        // The channel that it was has no part in it any more.
        channel.write { $0.append("never") }
        channel.close()
        here.run(milliseconds: 10)
        #expect(parked.reasons.isEmpty && owner.count == 0 && pair.peer.poll() == Array("answer".utf8))
        pair.peer.close()
        #expect(there.run { handler.isClosed })
        #expect(owner.count == 1)
    }

    @Test func whatWasNotSentGoesAlong() throws {
        let (here, there) = (try TestLoop(), try TestLoop())
        let pair = try SocketPair(bufferBytes: 8192)
        let channel = try Channel.make(loop: here.loop, fd: pair.near, tls: nil, handler: RecordingHandler())
        let sent = Self.pattern(1_000_000)
        channel.write { $0 += sent }
        here.run(milliseconds: 10)
        #expect(channel.outputBytes > 0 && channel.outputBytes < sent.count)
        let detached = try #require(channel.detach())
        let handler = RecordingHandler()
        let moved = try Channel.attach(detached, loop: there.loop, handler: handler)
        moved.write { $0 += [1, 2, 3] }
        #expect(there.run { pair.peer.poll().count == sent.count + 3 })
        #expect(pair.peer.received == sent + [1, 2, 3])
        #expect(there.run { handler.drains > 0 } && moved.outputBytes == 0)
        moved.close()
    }

    @Test func oneThatNobodyTakesIsClosed() throws {
        let here = try TestLoop()
        let pair = try SocketPair()
        let owner = Owner()
        let channel = try Channel.make(loop: here.loop, fd: pair.near, tls: nil, handler: RecordingHandler())
        channel.owner = owner
        var detached = channel.detach()
        #expect(detached != nil && owner.count == 0 && !pair.peer.hasEnded)
        detached = nil
        #expect(pair.peer.readToEnd())
        #expect(owner.count == 1)
    }

    @Test func anEndOnTheWayIsNoticedByTheNextLoop() throws {
        let (here, there) = (try TestLoop(), try TestLoop())
        let pair = try SocketPair()
        let channel = try Channel.make(loop: here.loop, fd: pair.near, tls: nil, handler: RecordingHandler())
        let detached = try #require(channel.detach())
        pair.peer.send("last")
        pair.peer.close()
        let handler = RecordingHandler()
        _ = try Channel.attach(detached, loop: there.loop, handler: handler)
        #expect(there.run { handler.isClosed })
        #expect(handler.text == "last")
    }

    @Test func whatIsClosingIsNotDetached() throws {
        let here = try TestLoop()
        let pair = try SocketPair()
        let channel = try Channel.make(loop: here.loop, fd: pair.near, tls: nil, handler: RecordingHandler())
        channel.closeAfterFlush()
        #expect(channel.detach() == nil)
        channel.close()
    }

    /// Records that were decrypted but not used, and those that the library has and the kernel does not, go along.
    @Test(arguments: [1, 100, 40_000])
    func overTLS(_ bytes: Int) throws {
        let folder = try CertificateFolder()
        let context = try TLSContext(certificateFile: folder.certificate, keyFile: folder.key)
        let (here, there) = (try TestLoop(), try TestLoop())
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let sent = Self.pattern(bytes)
        let talk = Mutex((received: [UInt8](), error: ""))
        let client = try Thread(name: "tls-client") { [port = socket.port] in
            do {
                let stream = try ConnectedStream.connect(
                    url: "https://127.0.0.1:\(port)", timeoutMilliseconds: 5000,
                    policy: ConnectionPolicy(verifiesCertificate: false, usesProxy: false))
                var rest = sent[...]
                var piece = [UInt8](repeating: 0, count: 16_384)
                let deadline = SystemClock.monotonic().advanced(byMilliseconds: 10_000)
                while SystemClock.monotonic() < deadline {
                    if !rest.isEmpty { rest = rest.dropFirst(try rest.withUnsafeBytes { try stream.send($0) }) }
                    switch try piece.withUnsafeMutableBytes({ try stream.receive(into: $0) }) {
                    case .bytes(let count): talk.withLock { $0.received += piece[..<count] }
                    case .wouldBlock: usleep(500)
                    case .ended: return
                    }
                }
            } catch {
                talk.withLock { $0.error = "\(error)" }
            }
        }
        let parked = RecordingHandler()
        parked.consume = { _ in 0 }
        var channel: Channel?
        let listener = try Listener(loop: here.loop, socket: socket) { fd in
            channel = try? Channel.make(loop: here.loop, fd: fd, tls: context, handler: parked)
        }
        parked.onReceived = { $0.pauseReading() }
        #expect(here.run { !parked.offers.isEmpty })
        let detached = try #require(channel?.detach())
        let handler = RecordingHandler()
        let moved = try Channel.attach(detached, loop: there.loop, handler: handler)
        #expect(there.run { handler.received.count == sent.count })
        #expect(handler.received == sent)
        let answer = Self.pattern(100_000)
        moved.write { $0 += answer }
        #expect(there.run { talk.withLock { $0.received.count } == answer.count })
        moved.close()
        listener.close()
        client.join()
        #expect(talk.withLock { $0.received } == answer && talk.withLock { $0.error }.isEmpty)
    }
}
