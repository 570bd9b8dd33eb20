import Reactor

/// What the client of a connection may do, and until when.
final class SessionAuthorisation {
    let grant: Grant
    var timer: EventLoop.Timer?

    init(_ grant: Grant) { self.grant = grant }
}
