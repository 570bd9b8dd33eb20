import CLinux
import Core
import Glibc
import HTTPClient
import Reactor
import TestCertificates
import TestSupport
import Testing

@Suite struct TLSTests {
    private let folder: CertificateFolder
    private let context: TLSContext

    init() throws {
        folder = try CertificateFolder()
        context = try TLSContext(certificateFile: folder.certificate, keyFile: folder.key)
    }

    /// A listener that makes a TLS channel of every connection.
    private final class World {
        let turning: TestLoop
        let port: UInt16
        var handlers: [RecordingHandler] = []
        var channels: [Channel] = []
        private var listener: Listener?

        init(_ context: TLSContext, _ configure: @escaping (RecordingHandler) -> Void = { _ in }) throws {
            let turning = try TestLoop()
            let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
            self.turning = turning
            port = socket.port
            listener = try Listener(loop: turning.loop, socket: socket) { [unowned self] fd in
                let handler = RecordingHandler()
                configure(handler)
                handlers.append(handler)
                if let channel = try? Channel.make(loop: turning.loop, fd: fd, tls: context, handler: handler) {
                    channels.append(channel)
                }
            }
        }

        deinit {
            listener?.close()
            for channel in channels { channel.close() }
        }
    }

    /// A client on a thread of its own: connects, sends all, reads so many bytes, and ends.
    private final class Client: Sendable {
        struct Result: Sendable {
            var received: [UInt8] = []
            var error: String?
            var hasEnded = false
        }

        private let state = Mutex(Result())
        private let thread = Mutex<Thread?>(nil)
        var result: Result { state.withLock { $0 } }
        var isDone: Bool { result.hasEnded || result.error != nil }

        init(port: UInt16, sending bytes: [UInt8], reading count: Int) throws {
            let started = try Thread(name: "tls-client") { [state] in
                do {
                    let all = try Self.talk(port, bytes, count)
                    state.withLock {
                        $0.received = all
                        $0.hasEnded = true
                    }
                } catch {
                    state.withLock { $0.error = "\(error)" }
                }
            }
            thread.withLock { $0 = started }
        }

        deinit { thread.withLock { $0?.join() } }

        private static func talk(_ port: UInt16, _ bytes: [UInt8], _ count: Int) throws -> [UInt8] {
            let stream = try ConnectedStream.connect(
                url: "https://127.0.0.1:\(port)", timeoutMilliseconds: 5000,
                policy: ConnectionPolicy(verifiesCertificate: false, usesProxy: false))
            var sent = 0
            var received: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 16_384)
            let deadline = SystemClock.monotonic().advanced(byMilliseconds: 10_000)
            while sent < bytes.count || received.count < count, SystemClock.monotonic() < deadline {
                if sent < bytes.count {
                    sent += try bytes[sent...].withUnsafeBytes { try stream.send($0) }
                }
                switch try piece.withUnsafeMutableBytes({ try stream.receive(into: $0) }) {
                case .bytes(let count): received += piece[..<count]
                case .wouldBlock: usleep(500)
                case .ended: return received
                }
            }
            return received
        }
    }

    @Test func wrongFilesSayWhatIsWrong() throws {
        let other = try CertificateFolder()
        let empty = try folder.file("empty.pem", "")
        let rubbish = try folder.file(
            "rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        func reason(_ certificate: String, _ key: String) -> TLSConfigurationError? {
            do throws(TLSConfigurationError) {
                _ = try TLSContext(certificateFile: certificate, keyFile: key)
                return nil
            } catch {
                return error
            }
        }
        let missing = folder.path + "/missing.pem"
        #expect(
            reason(missing, folder.key) == .certificate(file: missing, reason: "No such file or directory"))
        #expect(
            reason(folder.certificate, missing) == .key(file: missing, reason: "No such file or directory"))
        let foreign = "it does not belong to the certificate in \(folder.certificate)"
        #expect(reason(folder.certificate, other.key) == .key(file: other.key, reason: foreign))
        #expect(reason(empty, folder.key) == .certificate(file: empty, reason: "no start line"))
        #expect(reason(folder.key, folder.key) == .certificate(file: folder.key, reason: "no start line"))
        guard case .certificate(rubbish, let text) = reason(rubbish, folder.key) else {
            Issue.record("a certificate that is none was taken")
            return
        }
        #expect(text != "unknown reason" && !text.isEmpty)
        #expect(reason(folder.certificate, folder.key) == nil)
    }

    @Test func onlyNewVersionsAndOneProtocol() throws {
        let world = try World(context)
        struct Run: Sendable {
            let arguments: [String]
            let status: Int32
            let output: String
        }
        let rows: [(arguments: [String], isServed: Bool, says: String)] = [
            (["-alpn", "h2,http/1.1"], true, "ALPN protocol: http/1.1"), (["-alpn", "h2"], true, "No ALPN negotiated"),
            ([], true, "No ALPN negotiated"), (["-tls1_3"], true, "TLSv1.3"), (["-tls1_2"], true, "TLSv1.2"),
            (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], false, "alert protocol version"),
        ]
        let runs = Mutex<[Run]>([])
        let target = ["s_client", "-connect", "127.0.0.1:\(world.port)"]
        let thread = try Thread(name: "s_client") { [arguments = rows.map(\.arguments)] in
            for arguments in arguments {
                guard let run = try? CertificateAuthority.run(target + arguments) else { continue }
                runs.withLock { $0.append(Run(arguments: arguments, status: run.status, output: run.output)) }
            }
        }
        #expect(world.turning.run { runs.withLock { $0.count } == rows.count })
        thread.join()
        for (row, run) in zip(rows, runs.withLock { $0 }) {
            #expect((run.status == 0) == row.isServed, "\(row.arguments): \(run.output)")
            #expect(run.output.contains(row.says), "\(row.arguments): \(run.output)")
        }
    }

    /// A read of the socket brings many records at once, and none of them is left behind in OpenSSL.
    @Test func manyRecordsAndBigOnesArriveWhole() throws {
        let world = try World(context) { handler in
            handler.onReceived = { [unowned handler] channel in
                guard handler.received.count == 700_000 else { return }
                channel.write { $0 += handler.received }
            }
        }
        let sent = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0) }
        let client = try Client(port: world.port, sending: sent, reading: sent.count)
        #expect(world.turning.run { client.isDone })
        #expect(client.result.error == nil && client.result.received == sent)
        #expect(world.handlers.first?.received == sent)
    }

    /// Backpressure holds for what OpenSSL has decrypted already, too: the handler gets nothing more, and the channel does
    /// not gather it until its buffer is full.
    @Test func aPausedChannelKeepsTheRestForLater() throws {
        let world = try World(context) { handler in
            // So that the next read ends within a record.
            handler.consume = { $0.count - 100 }
            handler.onReceived = { $0.pauseReading() }
        }
        let sent = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 / 5 ^ $0) }
        let client = try Client(port: world.port, sending: sent, reading: 2)
        #expect(world.turning.run { world.handlers.first?.offers.count == 1 })
        let handler = try #require(world.handlers.first)
        let channel = try #require(world.channels.first)
        // Meanwhile more gathers in the kernel than the loop's buffer holds.
        world.turning.run(milliseconds: 100)
        handler.consume = { _ in 1 }
        channel.resumeReading()
        #expect(world.turning.run { handler.offers.count == 2 })
        #expect(handler.offers[1] == world.turning.loop.receiveBuffer.count)
        world.turning.run(milliseconds: 50)
        #expect(handler.offers.count == 2 && channel.isOpen, "\(handler.offers) \(handler.reasons)")
        handler.consume = { $0.count }
        handler.onReceived = { _ in }
        channel.processAgain()
        channel.resumeReading()
        #expect(world.turning.run { handler.received.count == sent.count }, "\(handler.received.count)")
        #expect(handler.received == sent)
        channel.write { $0 += Array("ok".utf8) }
        #expect(world.turning.run { client.isDone })
        #expect(client.result.received == Array("ok".utf8))
    }

    /// Bytes that wait for a handshake that does not come must not keep the loop busy.
    @Test func outputBeforeTheHandshakeWaitsQuietly() throws {
        let world = try World(context)
        let silent = try RawSocket(port: world.port)
        #expect(world.turning.run { world.channels.count == 1 })
        let channel = try #require(world.channels.first)
        channel.write { $0 += Array("too early".utf8) }
        var turns = 0
        world.turning.loop.atTurnEnd { turns += 1 }
        world.turning.run(milliseconds: 200)
        #expect(turns < 100 && channel.isOpen, "\(turns)")
        silent.close()
        #expect(world.turning.run { channel.isClosed })
        channel.close()
    }

    @Test func whatIsNoTLSEndsTheChannelWithAReason() throws {
        let world = try World(context)
        let plain = try RawSocket(port: world.port)
        plain.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        #expect(world.turning.run { world.handlers.first?.isClosed == true })
        #expect(world.handlers.first?.reasons == [.tlsFailed("http request")])
        #expect(world.handlers.first?.received.isEmpty == true)
    }

    @Test func whatWaitedForTheHandshakeIsSentAfterIt() throws {
        let world = try World(context)
        let client = try Client(port: world.port, sending: [], reading: 5)
        #expect(world.turning.run { world.channels.count == 1 })
        world.channels.first?.write { $0 += Array("hello".utf8) }
        #expect(world.turning.run { client.isDone })
        #expect(client.result.received == Array("hello".utf8), "\(client.result)")
    }
}
