import CLinux
import Core
import Glibc
import Reactor
import TestSupport
import Testing

@Suite struct ListenerTests {
    @Test func aPortIsTakenOnce() throws {
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        defer { close(socket.fd) }
        #expect(socket.port != 0)
        #expect(throws: SystemError(operation: "listen on 127.0.0.1:\(socket.port)", code: EADDRINUSE)) {
            try Listener.bind(host: "127.0.0.1", port: socket.port, reusePort: false)
        }
        #expect(throws: SystemError.self) { try Listener.bind(host: "not an address", port: 0, reusePort: false) }
    }

    @Test func severalLoopsShareAPort() throws {
        let first = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: true)
        let second = try Listener.bind(host: "127.0.0.1", port: first.port, reusePort: true)
        #expect(second.port == first.port)
        close(first.fd)
        close(second.fd)
    }

    /// More connections than are accepted in one turn, all there before the loop first runs; another descriptor that
    /// becomes ready is looked after between them.
    @Test func aStormIsAcceptedWholeAndDoesNotStarveOthers() throws {
        let turning = try TestLoop()
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let pair = try SocketPair()
        let handler = RecordingHandler()
        let channel = try Channel.make(loop: turning.loop, fd: pair.near, tls: nil, handler: handler)
        var accepted: [CInt] = []
        var acceptedBefore = -1
        handler.onReceived = { _ in acceptedBefore = accepted.count }
        var exhausted = 0
        let listener = try Listener(loop: turning.loop, socket: socket) {
            exhausted += 1
        } accept: {
            accepted.append($0)
        }
        let clients = try (0..<300).map { _ in try RawSocket(port: socket.port) }
        pair.peer.send("x")
        #expect(turning.run { accepted.count == clients.count })
        #expect(acceptedBefore >= 0 && acceptedBefore <= 64)
        for fd in accepted {
            #expect(fcntl(fd, F_GETFL) & O_NONBLOCK != 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC != 0)
            close(fd)
        }
        #expect(Set(accepted).count == clients.count && exhausted == 0)
        listener.close()
        channel.close()
    }

    /// Of a port that the kernel chose and of one that was asked for, which it treats differently.
    @Test func whatWaitsCanBeRefusedWithoutADescriptor() throws {
        let first = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: true)
        let second = try Listener.bind(host: "127.0.0.1", port: first.port, reusePort: true)
        close(first.fd)
        for socket in [try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false), second] {
            let turning = try TestLoop()
            var accepted = 0
            let listener = try Listener(loop: turning.loop, socket: socket) { fd in
                accepted += 1
                close(fd)
            }
            let waiting = try (0..<20).map { _ in try RawSocket(port: socket.port) }
            #expect(clinux_reset_backlog(socket.fd, 128) == 0)
            for client in waiting { #expect(client.readToEnd()) }
            turning.run(milliseconds: 20)
            #expect(accepted == 0)
            let later = try (0..<20).map { _ in try RawSocket(port: socket.port) }
            #expect(turning.run { accepted == 20 })
            for client in later { #expect(client.readToEnd()) }
            listener.close()
        }
    }

    @Test func closingRefusesWhatFollowsAndMayHappenWithinAnAccept() throws {
        let turning = try TestLoop()
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        var accepted = 0
        var listener: Listener?
        listener = try Listener(loop: turning.loop, socket: socket) { fd in
            accepted += 1
            close(fd)
            listener?.close()
        }
        let clients = try (0..<3).map { _ in try RawSocket(port: socket.port) }
        #expect(turning.run { accepted == 1 })
        turning.run(milliseconds: 20)
        #expect(accepted == 1)
        for client in clients { #expect(client.readToEnd()) }
        #expect(throws: RawSocket.Failure.self) { try RawSocket(port: socket.port) }
        listener?.close()
        listener = nil
    }
}
