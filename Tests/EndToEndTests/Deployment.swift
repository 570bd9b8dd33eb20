import Foundation
import TestSupport

/// The three programs on a broker, each started, stopped and killed by itself, always on the same ports.
final class Deployment {
    enum Tier: String, CaseIterable, Sendable {
        case web = "public-web"
        case dispatcher
        case listener = "ping-listener"
    }

    let amqp: String
    private(set) var programs: [Tier: RunningProgram] = [:]
    private let ports: [UInt16]
    private let extra: [Tier: [String]]

    /// Starts nothing yet. - Parameter extra: further arguments.
    init(amqp: String, extra: [Tier: [String]] = [:]) {
        self.amqp = amqp
        self.extra = extra
        ports = FreePorts.take(4)
    }

    static func running(amqp: String, extra: [Tier: [String]] = [:]) throws -> Deployment {
        let deployment = Deployment(amqp: amqp, extra: extra)
        for tier in Tier.allCases { try deployment.start(tier) }
        try deployment.awaitReadiness()
        return deployment
    }

    var publicPort: UInt16 { ports[0] }
    var webSocketURL: String { "ws://127.0.0.1:\(ports[0])/ws" }
    var httpURL: String { "http://127.0.0.1:\(ports[0])" }

    func start(_ tier: Tier) throws {
        var arguments: [String]
        switch tier {
        case .web:
            arguments = ["--port", "\(ports[0])", "--internal-port", "\(ports[1])"]
            arguments += ["--dispatcher-url", "http://127.0.0.1:\(ports[2])"]
        case .dispatcher: arguments = ["--port", "\(ports[2])"]
        case .listener: arguments = ["--port", "\(ports[3])"]
        }
        programs[tier] = try RunningProgram(
            tier.rawValue, arguments + (extra[tier] ?? []), environment: ["SWITCHBOARD_AMQP_URL": amqp])
        _ = try programs[tier]?.announcement()
    }

    func signal(_ tier: Tier, _ number: Int32) { programs[tier]?.signal(number) }

    /// Until all of them say that they are ready.
    func awaitReadiness() throws {
        for (tier, port) in [(Tier.web, ports[1]), (.dispatcher, ports[2]), (.listener, ports[3])] {
            let isReady = Polling.until(milliseconds: 60_000) {
                (try? HTTPCall.get(port: port, "/readyz"))?.status == 200
            }
            guard isReady else { throw RunningProgram.Failure(description: "\(tier) is not ready:\n\(logs)") }
        }
    }

    var logs: String {
        Tier.allCases.map { "\($0.rawValue):\n\(programs[$0]?.logged.suffix(1500) ?? "")" }.joined(separator: "\n")
    }

    /// Ends all by SIGTERM. - Returns: their exit statuses.
    func stop() throws -> [Int32] {
        try [Tier.web, .listener, .dispatcher].compactMap { tier in
            programs[tier]?.signal(SIGTERM)
            return try programs[tier]?.status()
        }
    }
}
