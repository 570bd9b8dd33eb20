import Core
import Glibc
import Reactor
import TestSupport

/// Passes connections on to the gateway, and cuts each at a random time, in the middle of whatever then comes.
final class Relay {
    let port: UInt16
    private(set) var cuts = 0
    /// Those of them that were resets.
    private(set) var resets = 0
    var isCutting = true
    let loop: EventLoop
    private let target: UInt16
    private let cutSeconds: Double
    private var random: SeededRandom
    private var listener: Listener?

    init(loop: EventLoop, target: UInt16, cutSeconds: Double, seed: UInt64) throws {
        self.loop = loop
        self.target = target
        self.cutSeconds = cutSeconds
        random = SeededRandom(seed: seed)
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        port = socket.port
        listener = try Listener(loop: loop, socket: socket) { [unowned self] fd in accept(fd) }
    }

    private func accept(_ client: CInt) {
        guard let server = Loopback.connect(port: target) else {
            close(client)
            return
        }
        _ = try? RelayedConnection(relay: self, client: client, server: server)
    }

    /// Times between cuts are exponential: a connection may be cut at once, in its handshake.
    func cutDelayMilliseconds() -> UInt64 {
        let uniform = Double.random(in: 1e-6..<1, using: &random)
        return UInt64(min(-Glibc.log(uniform) * cutSeconds, 60) * 1000)
    }

    func nextWay() -> CutWay { CutWay.allCases.randomElement(using: &random) ?? .both }

    /// For how long a connection can be lost without being cut.
    func lossMilliseconds() -> UInt64 { UInt64.random(in: 0...1500, using: &random) }

    /// How many of so many bytes still get through.
    func prefix(of count: Int) -> Int { Int.random(in: 0...count, using: &random) }

    /// - Returns: whether this one is a reset.
    func countCut() -> Bool {
        cuts += 1
        let isReset = Bool.random(using: &random)
        if isReset { resets += 1 }
        return isReset
    }
}
