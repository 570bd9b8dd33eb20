import Broker
import Core
import Telemetry

/// What the dispatcher's parts have in common; all of it immutable or thread-safe.
struct DispatcherShared: Sendable {
    let limits: DispatcherLimits
    let logger: Logger
    let metrics: DispatcherMetrics
    let tracer: Tracer
    let broker: any MessageBroker
    let routes: RoutingTable
    let internalSecret: [UInt8]?
}
