import CloudEvents
import Core
import Reactor

/// One client that is sent away by its gateway and comes back, in its slot, to another one.
final class DrainSession: GatewaySocket.Owner, TimerTarget {
    private static let slotPrefix = "reconnect in "

    private let run: DrainRun
    private let index: Int
    private var socket: GatewaySocket?
    private var isSentAway = false

    init(run: DrainRun, index: Int) {
        self.run = run
        self.index = index
    }

    func connect(port: UInt16) {
        guard let fd = Loopback.connect(port: port, from: UInt8(1 + index / 4000)),
            let socket = try? GatewaySocket(
                loop: run.loop, fd: fd, target: "/ws", owner: self, seed: UInt64(index))
        else { return run.failed() }
        self.socket = socket
    }

    func received(_ event: Event, from socket: GatewaySocket) {
        if event.type == "switchboard.session.opened" { run.opened(isSecond: isSentAway) }
    }

    func ended(_ socket: GatewaySocket, code: UInt16?, reason: String) {
        self.socket = nil
        guard !isSentAway, code == 1001, reason.hasPrefix(Self.slotPrefix),
            let slot = UInt64(reason.dropFirst(Self.slotPrefix.count))
        else {
            return run.failed()
        }
        isSentAway = true
        run.sentAway(slotMilliseconds: slot)
        _ = run.loop.schedule(self, kind: 0, afterMilliseconds: slot)
    }

    func timerFired(kind: Int) {
        run.comesBack()
        connect(port: run.options.secondPort)
    }
}
