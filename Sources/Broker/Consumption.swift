/// What a broker object consumes, and who gets it.
struct Consumption: Sendable {
    let queue: String
    let prefetch: Int
    /// Messages that came back so often are handed out alone; nil: none are.
    let suspectReturns: Int?
    let handler: @Sendable ([DeliveredMessage]) -> Void
    let settlements: SettlementIntake
}
