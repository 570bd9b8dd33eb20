import HTTPServer
import Tiers

/// A `POST /events` whose events are on their way to the broker.
struct PublishPost {
    let exchange: HTTPExchange
    let isBatch: Bool
    let events: Int
    var failures: [EventFailure]
    var groupsOutstanding: Int
}
