/// What a broker object consumes, and who gets it.
struct Consumption: Sendable {
    let queue: String
    let prefetch: Int
    let handler: @Sendable ([DeliveredMessage]) -> Void
    let settlements: SettlementIntake
}
