import HTTPServer
import Tiers

/// A `/dispatch` whose events are partly other loops' to deliver.
struct DispatchWait {
    let exchange: HTTPExchange
    var refused: [EventFailure]
    var outstanding: Int
}
