/// What a token permits: to be somebody, for a time.
final class Grant: Sendable {
    let principal: Principal
    let types: EventTypes
    /// In seconds since 1970, with what the issuer's clock may be off.
    let endSeconds: Double

    init(principal: Principal, types: EventTypes, endSeconds: Double) {
        self.principal = principal
        self.types = types
        self.endSeconds = endSeconds
    }
}
