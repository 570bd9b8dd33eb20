import Core
import Foundation
import Glibc
import TestSupport

/// A gateway by script, on a port of its own: each connection is played by the next scene. After the last it takes no
/// more connections.
final class FakeGateway: @unchecked Sendable {
    // Sendable: `state` is behind its lock, and the rest does not change.
    typealias Scene = @Sendable (FakeConnection) throws -> Void

    private struct State {
        var notes: [String] = []
        /// -1 while connections are refused.
        var listener: CInt
        /// Those that wait in vain.
        var waiting: [RawSocket] = []
        var rememberedID = ""
        var isPaused = false
    }

    let port: UInt16
    private let state: Core.Mutex<State>

    init(_ scenes: Scene...) throws {
        let (listener, port) = try Self.listen(port: 0)
        self.port = port
        state = Core.Mutex(State(listener: listener))
        _ = try Core.Thread(name: "fake gateway") { self.play(scenes[...]) }
    }

    var url: String { "ws://127.0.0.1:\(port)/ws" }

    /// What the clients did, and what failed in the scenes.
    var notes: [String] { state.withLock { $0.notes } }
    func note(_ text: String) { state.withLock { $0.notes.append(text) } }

    /// Scenes that take place; a connection waits while none is played.
    private func play(_ scenes: ArraySlice<Scene>) {
        for scene in scenes {
            guard let connection = acceptConnection() else { return }
            do { try scene(connection) } catch { note("failed: \(error)") }
        }
        closeListener()
    }

    /// Nil when nobody has come for a minute: then the test is over.
    private func acceptConnection() -> FakeConnection? {
        for _ in 0..<3000 {
            let (listener, isPaused) = state.withLock { ($0.listener, $0.isPaused) }
            var polled = pollfd(fd: isPaused ? -1 : listener, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 20) > 0 else { continue }
            let fd = accept(listener, nil, nil)
            if fd >= 0 { return FakeConnection(fd: fd, gateway: self) }
        }
        return nil
    }

    /// From now on connections are refused.
    func closeListener() {
        state.withLock { state in
            if state.listener >= 0 { close(state.listener) }
            state.listener = -1
        }
    }

    /// They are taken again, on the same port.
    func reopenListener() throws {
        let (listener, _) = try Self.listen(port: port)
        state.withLock { $0.listener = listener }
    }

    /// From now on nobody takes connections, and further ones get no answer at all.
    func fillBacklog() throws {
        try state.withLock { state in
            // It counts anew from here: the queue holds one more than the backlog.
            Glibc.listen(state.listener, 0)
            state.waiting.append(try RawSocket(port: port))
            state.isPaused = true
        }
    }

    /// Whether somebody waits for an answer to the first packet: state 02 of proc(5)'s net/tcp.
    var isBeingConnectedTo: Bool {
        let table = (try? FileHandle(forReadingAtPath: "/proc/net/tcp")?.readToEnd()) ?? Data()
        let digits = String(port, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: 4 - digits.count) + digits
        return String(decoding: table, as: UTF8.self).contains(" 0100007F:\(padded) 02 ")
    }

    /// The id of a request, from one scene for another.
    var rememberedID: String {
        get { state.withLock { $0.rememberedID } }
        set { state.withLock { $0.rememberedID = newValue } }
    }

    private static func listen(port: UInt16) throws -> (fd: CInt, port: UInt16) {
        let fd = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var on: CInt = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(fd, address, length) == 0 && Glibc.listen(fd, 8) == 0 ? getsockname(fd, address, &length) : -1
            }
        }
        guard fd >= 0, status == 0 else { throw POSIXError(.EADDRINUSE) }
        return (fd, UInt16(bigEndian: address.sin_port))
    }
}
