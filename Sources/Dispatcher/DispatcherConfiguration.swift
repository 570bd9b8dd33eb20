import TierSecurity

/// What a dispatcher process is told.
public struct DispatcherConfiguration: Sendable {
    public var host = "127.0.0.1"
    public var port: UInt16 = 8082
    public var internalSecret: [UInt8]?
    public var tierTLS = TierTLS()
    public var routes = RoutingTable.builtIn
    public var drainMilliseconds = 5000
    var limits = DispatcherLimits()

    public init() {}
}
