import Broker
import Core
import Telemetry
import TierSecurity
import Tiers

/// What the dispatcher's parts have in common; all of it immutable or thread-safe.
struct DispatcherShared: Sendable {
    let limits: DispatcherLimits
    let logger: Logger
    let metrics: DispatcherMetrics
    let tracer: Tracer
    let broker: any MessageBroker
    /// As it was at the start: the loop has its own, which can change.
    let security: DispatcherSecurity
    let internalCalls: InternalCallMetrics
    let replayMemory: ReplayMemory
}
