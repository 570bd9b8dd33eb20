/// Why an answer that came from the broker is not offered to anybody.
struct UndeliverableAnswer: Error {
    /// As the dead letter says it.
    let reason: String

    static let forged = Self(reason: "refused")
    static let tooManyDestinations = Self(reason: "too-many-destinations")
    static let deadlinePassed = Self(reason: "deadline-passed")
    static let tooLarge = Self(reason: "content-too-large")
}
