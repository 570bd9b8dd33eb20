import Broker
import Core
import Telemetry

/// Events on their way to the broker, and what is settled once it has them.
struct OutgoingEvents: Sendable {
    let group: PublishGroup
    let settlement: JointSettlement
    /// Those of sampled answers.
    var spans: [OpenSpan]
    /// Of the first try.
    let beganAt: MonotonicInstant
    /// Else they are the service's own events again.
    let areAnswers: Bool
}
