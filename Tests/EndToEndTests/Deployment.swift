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
    /// Further arguments, from the next start on.
    var extra: [Tier: [String]]
    /// Further variables of their environments, likewise.
    var environment: [Tier: [String: String]] = [:]
    /// As public-web is told it, if not in the clear.
    var dispatcherURL: String?
    private let ports = FreePorts.take(4)

    /// Starts nothing yet.
    init(amqp: String, extra: [Tier: [String]] = [:]) {
        self.amqp = amqp
        self.extra = extra
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

    func internalPort(_ tier: Tier) -> UInt16 {
        switch tier {
        case .web: ports[1]
        case .dispatcher: ports[2]
        case .listener: ports[3]
        }
    }

    /// Returns when it listens.
    func start(_ tier: Tier) throws {
        var arguments: [String]
        switch tier {
        case .web:
            arguments = ["--port", "\(ports[0])", "--internal-port", "\(ports[1])"]
            arguments += ["--dispatcher-url", dispatcherURL ?? "http://127.0.0.1:\(ports[2])"]
        case .dispatcher, .listener: arguments = ["--port", "\(internalPort(tier))"]
        }
        programs[tier] = try RunningProgram(
            tier.rawValue, arguments + (extra[tier] ?? []),
            environment: ["SWITCHBOARD_AMQP_URL": amqp].merging(environment[tier] ?? [:]) { $1 })
        _ = try programs[tier]?.announcement()
    }

    func signal(_ tier: Tier, _ number: Int32) { programs[tier]?.signal(number) }

    /// Signals and waits for the end. - Returns: as `RunningProgram.status`.
    func end(_ tier: Tier, _ number: Int32) throws -> Int32 {
        programs[tier]?.signal(number)
        return try programs[tier]?.status() ?? 0
    }

    func readiness(_ tier: Tier) throws -> RawResponse { try HTTPCall.get(port: internalPort(tier), "/readyz") }

    func awaitReadiness(_ tier: Tier) throws {
        let isReady = Polling.until(milliseconds: 60_000) { (try? readiness(tier))?.status == 200 }
        guard isReady else { throw RunningProgram.Failure(description: "\(tier) is not ready:\n\(logs)") }
    }

    /// Until all of them say that they are ready.
    func awaitReadiness() throws { for tier in Tier.allCases { try awaitReadiness(tier) } }

    func awaitNoReadiness(_ tier: Tier) -> Bool {
        Polling.until(milliseconds: 30_000) { (try? readiness(tier))?.status == 503 }
    }

    func isRunning(_ tier: Tier) -> Bool { programs[tier]?.isRunning == true }

    /// The value of a metric without labels.
    func metric(_ tier: Tier, _ name: String) throws -> Int {
        let text = try HTTPCall.get(port: internalPort(tier), "/metrics").body
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        guard let value = line.flatMap({ Int($0.dropFirst(name.count + 1)) }) else {
            throw RunningProgram.Failure(description: "\(tier) has no metric \(name)")
        }
        return value
    }

    func logged(_ tier: Tier) -> String { programs[tier]?.logged ?? "" }

    var logs: String {
        Tier.allCases.map { "\($0.rawValue):\n\(logged($0).suffix(1500))" }.joined(separator: "\n")
    }

    func postEvent(_ body: String) throws -> RawResponse {
        try HTTPCall.post(port: publicPort, "/events", headers: [SampleEvent.structured], body)
    }

    /// Sends an event and does not wait for its answer.
    func beginEvent(_ body: String) throws -> HTTPCall {
        try HTTPCall(port: publicPort, "POST /events", headers: [SampleEvent.structured], body: body)
    }

    /// Ends all by SIGTERM. - Returns: their exit statuses.
    func stop() throws -> [Int32] { try [Tier.web, .listener, .dispatcher].map { try end($0, SIGTERM) } }
}
