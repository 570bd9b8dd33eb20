import Broker
import Core
import Telemetry

/// Answers on their way to the broker, and the deliveries that are acknowledged once it has them.
struct OutgoingAnswers: Sendable {
    let group: PublishGroup
    let tags: [DeliveryTag]
    /// Those of sampled answers.
    var spans: [OpenSpan]
    /// Of the first try.
    let beganAt: MonotonicInstant
}
