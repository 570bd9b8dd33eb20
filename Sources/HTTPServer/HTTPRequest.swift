import HTTP1
import Telemetry

/// A whole request.
public struct HTTPRequest {
    public let head: RequestHead
    public let body: [UInt8]
    /// What stands in the path for the route's `{…}`, decoded; empty without one.
    public let parameter: String
    /// What it is part of: its own span's context if it has one, else what came with it.
    public let trace: PropagatedContext
}
