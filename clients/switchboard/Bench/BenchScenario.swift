/// The shape of a load.
enum BenchScenario: String, CaseIterable {
    case steady
    case ramp
    case burst
    case reconnectStorm = "reconnect-storm"
    case slowConsumers = "slow-consumers"
    case idle

    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
