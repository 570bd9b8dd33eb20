import CloudEvents
import Core
import Glibc
import WebSocket

@testable import switchboard

/// The gateway's end of one socket, played by a script. Whatever does not come within 10 s fails it.
final class FakeConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The client ended the connection; the code of its close frame, if there was one.
    struct Ended: Error {
        let code: UInt16?
    }

    private static let deadlineMilliseconds: CInt = 10_000

    private let fd: CInt
    let gateway: FakeGateway
    private var input: [UInt8] = []
    private var decoder = WebSocketDecoder(role: .server, messageBytesMax: 1 << 20)

    init(fd: CInt, gateway: FakeGateway) {
        self.fd = fd
        self.gateway = gateway
    }

    deinit { Glibc.close(fd) }

    // MARK: What the gateway does

    /// Answers the handshake, and notes its target.
    func accept() throws {
        let request = try readHead()
        note(request)
        send(try SessionClientTests.handshake(request))
    }

    func refuse(_ status: Int, _ headers: String = "", detail: String = "") throws {
        note(try readHead())
        let body = #"{"detail":"\#(detail)"}"#
        send(Array("HTTP/1.1 \(status) No\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
    }

    /// Says nothing until the client gives up.
    func ignore() throws {
        note(try readHead())
        while try receive() {}
    }

    func say(_ text: String) { send(SessionClientTests.frame(text)) }

    /// A new session that can be resumed.
    func open() throws {
        try accept()
        say(GatewaySide.opened(GatewaySide.resumable))
    }

    /// The session again.
    func resume(_ sequence: UInt64, first: UInt64? = nil) throws {
        try accept()
        say(GatewaySide.resumed(sequence, first: first))
    }

    func answer(_ event: Event, _ sequence: UInt64) {
        say(GatewaySide.event("PingResponse", sequence, answering: event.id))
    }

    /// Answers what comes until the client says goodbye.
    func serve(from sequence: UInt64) throws {
        var sequence = sequence
        do {
            while true {
                let event = try next()
                guard !event.type.hasPrefix("switchboard.") else { continue }
                answer(event, sequence)
                sequence += 1
            }
        } catch let end as Ended {
            gateway.note("closed with \(end.code.map { "\($0)" } ?? "nothing")")
            sendClose(1000)
        }
    }

    func sendClose(_ code: UInt16, _ reason: String = "") {
        send(SessionClientTests.close(CloseCode(rawValue: code), reason))
    }

    /// Closes, and waits until the client has gone.
    func close(_ code: UInt16, _ reason: String = "") throws {
        sendClose(code, reason)
        do { while true { _ = try next() } } catch is Ended {}
    }

    /// The next close sends a reset.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    // MARK: What the client does

    /// The next event, noted.
    func next() throws -> Event {
        while true {
            var consumed = 0
            let message = try input.withUnsafeMutableBytes { bytes -> [UInt8]? in
                switch try decoder.next(bytes, consumed: &consumed) {
                case .text(let text): return Array(text)
                case .close(let code, _): throw Ended(code: code?.rawValue)
                case .needMoreData: return nil
                case .ping, .pong, .binary: return []
                }
            }
            input.removeFirst(consumed)
            guard let message else {
                guard try receive() else { throw Ended(code: nil) }
                continue
            }
            if message.isEmpty { continue }
            let event = try Event(parsing: message)
            gateway.note(event.type + (event.data.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""))
            return event
        }
    }

    private func readHead() throws -> [UInt8] {
        while !input.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard try receive() else { throw Ended(code: nil) }
        }
        defer { input = [] }
        return input
    }

    private func note(_ head: [UInt8]) {
        gateway.note(String(String(decoding: head, as: UTF8.self).prefix { $0 != "\r\n" }.dropLast(" HTTP/1.1".count)))
    }

    /// - Returns: false at the end.
    private func receive() throws -> Bool {
        var polled = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, Self.deadlineMilliseconds) > 0 else {
            throw Failure(description: "the client is silent")
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(fd, &piece, piece.count, 0)
        guard count > 0 else { return false }
        input += piece[..<count]
        return true
    }
}
