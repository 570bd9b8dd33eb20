import CloudEvents
import Core
import JSON
import Reactor
import TestSupport

/// One client that loses its socket again and again, and keeps book.
final class CutSession: GatewaySocket.Owner, TimerTarget {
    private enum TimerKind {
        static let ping = 0
        static let connect = 1
    }

    private static let acknowledgeEvery: UInt64 = 20
    private static let backoffMinMilliseconds: UInt64 = 50
    private static let backoffMaxMilliseconds: UInt64 = 2000

    private let run: CutRun
    private let name: String
    private var random: SeededRandom
    private var socket: GatewaySocket?
    private var token: String?
    private var correlationID: String?
    private var lastSequence: UInt64 = 0
    private var acknowledged: UInt64 = 0
    private var number = 0
    private var failures: UInt64 = 0
    private var isOpen = false
    /// Sent and not answered, in the order of sending.
    private var waiting: [(id: String, event: [UInt8])] = []
    private var ended: Set<String> = []
    /// Sent again on this connection.
    private var askedAgain: Set<String> = []

    init(run: CutRun, index: Int) {
        self.run = run
        name = "s\(index)"
        random = SeededRandom(seed: run.options.seed &* 1_000_003 &+ UInt64(index))
    }

    var isSettled: Bool { waiting.isEmpty && isOpen }

    func begin() {
        connect()
        schedulePing()
    }

    // MARK: Connecting

    private func connect() {
        var target = "/ws"
        if let token, let correlationID {
            target += "?correlationid=\(correlationID)&resume=\(token)&after=\(lastSequence)"
        }
        run.ledger.connects += 1
        isOpen = false
        guard let fd = Loopback.connect(port: run.relay.port),
            let socket = try? GatewaySocket(
                loop: run.loop, fd: fd, target: target, owner: self, seed: random.next())
        else { return reconnectLater() }
        self.socket = socket
    }

    private func reconnectLater() {
        socket = nil
        isOpen = false
        let most = min(Self.backoffMinMilliseconds << min(failures, 10), Self.backoffMaxMilliseconds)
        failures += 1
        _ = run.loop.schedule(
            self, kind: TimerKind.connect, afterMilliseconds: UInt64.random(in: 0...most, using: &random))
    }

    func ended(_ socket: GatewaySocket, code: UInt16?, reason: String) {
        if socket.refusal != nil { run.ledger.refused += 1 }
        if socket.isViolated || code != nil { run.ledger.violations += 1 }
        reconnectLater()
    }

    // MARK: Requests

    private func schedulePing() {
        let milliseconds = 1000 / run.options.rate
        _ = run.loop.schedule(
            self, kind: TimerKind.ping,
            afterMilliseconds: UInt64(Double.random(in: 0.5...1.5, using: &random) * milliseconds))
    }

    func timerFired(kind: Int) {
        guard kind == TimerKind.ping else { return connect() }
        guard run.isSending else { return }
        number += 1
        let id = "\(name)-\(number)"
        let text = #"{"specversion":"1.0","id":"\#(id)","source":"/\#(name)","type":"PingRequest","data":\#(number)}"#
        let event = Array(text.utf8)
        waiting.append((id, event))
        run.ledger.sent += 1
        if isOpen { socket?.send(event) }
        schedulePing()
    }

    func received(_ event: Event, from socket: GatewaySocket) {
        if event.type == "switchboard.session.opened" { return opened(event) }
        guard let sequence = event.string(.sequence).flatMap({ UInt64($0) }) else {
            run.ledger.unknown += 1
            return
        }
        if sequence <= lastSequence {
            // Who asks again can be answered again, under the same sequence.
            if askedAgain.contains(event.causationID ?? "") {
                run.ledger.answeredAgain += 1
            } else {
                run.ledger.repeated += 1
            }
            return
        }
        if sequence != lastSequence + 1 { run.ledger.gaps += 1 }
        lastSequence = sequence
        settle(event)
        if sequence >= acknowledged + Self.acknowledgeEvery { acknowledge() }
    }

    private func settle(_ event: Event) {
        guard let id = event.causationID else {
            run.ledger.unknown += 1
            return
        }
        guard let at = waiting.firstIndex(where: { $0.id == id }) else {
            if ended.contains(id) { run.ledger.duplicated += 1 } else { run.ledger.unknown += 1 }
            return
        }
        waiting.remove(at: at)
        ended.insert(id)
        if event.type == "PingResponse" { run.ledger.answered += 1 } else { run.ledger.errors += 1 }
    }

    private func opened(_ event: Event) {
        failures = 0
        let data = event.data.flatMap { try? JSONValue.parse($0) }
        if token != nil {
            if data?["resumed"] == .bool(true) { run.ledger.resumed += 1 } else { run.ledger.begunAnew += 1 }
            if data?["recovered"] == .bool(true) { run.ledger.recovered += 1 } else { run.ledger.notRecovered += 1 }
        }
        token = data?["resumetoken"]?.string
        correlationID = event.correlationID
        isOpen = true
        run.ledger.sentAgain += waiting.count
        askedAgain = Set(waiting.map(\.id))
        for request in waiting { socket?.send(request.event) }
    }

    private func acknowledge() {
        acknowledged = lastSequence
        let text = """
            {"specversion":"1.0","id":"\(name)-ack-\(lastSequence)","source":"/\(name)",\
            "type":"switchboard.session.ack","data":{"sequence":"\(lastSequence)"}}
            """
        socket?.send(Array(text.utf8))
    }
}
