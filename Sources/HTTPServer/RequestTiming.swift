import Core
import HTTP1

/// A request as `http.server.request.duration` measures it: which, and since when.
public struct RequestTiming: Sendable {
    /// As it is registered; empty if nothing answers there.
    let route: String
    let method: HTTPMethod
    let beganAt: MonotonicInstant
}
