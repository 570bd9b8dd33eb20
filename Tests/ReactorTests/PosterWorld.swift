import Core
import HTTPClient
import HTTPServer
import JSON
import Reactor

/// A poster, and the server it posts to, which answers as the test says.
final class PosterWorld {
    struct Token: PosterToken, Equatable {
        let number: Int
        let retryUntil: MonotonicInstant
    }

    let server: HTTPWorld
    private(set) var poster: CoalescingPoster<Token>?
    /// What came of the tokens, in the order of the calls.
    private(set) var completions: [(numbers: [Int], outcome: PostOutcome)] = []
    /// The events of each POST, as numbers.
    private(set) var posts: [[Int]] = []
    private(set) var held: [HTTPExchange] = []
    /// The status to answer at once; nil holds the request.
    var status: Int? = 200
    /// The headers of the last POST.
    private(set) var lastRequest: HTTPRequest?

    init(
        url: String? = nil, limits configure: (inout CoalescingPoster<Token>.Limits) -> Void = { _ in },
        sign: (([UInt8]) -> String?)? = nil
    ) throws {
        weak var world: PosterWorld?
        server = try HTTPWorld { router in
            router.add(.post, "/post") { request, exchange in world?.received(request, exchange) }
        }
        var limits = CoalescingPoster<Token>.Limits()
        configure(&limits)
        poster = CoalescingPoster(
            loop: server.turning.loop, transport: HTTPTransport(loop: server.turning.loop),
            url: url ?? server.url + "/post", limits: limits, sign: sign
        ) { tokens, outcome in world?.completions.append((tokens.map(\.number), outcome)) }
        world = self
    }

    @discardableResult
    func append(_ number: Int, forMilliseconds milliseconds: UInt64 = 60_000) -> Bool {
        let token = Token(number: number, retryUntil: SystemClock.monotonic().advanced(byMilliseconds: milliseconds))
        return poster?.append(token) { $0 += Array("\(number)".utf8) } == true
    }

    /// Answers the oldest request that is held.
    func answer(_ status: Int) {
        guard !held.isEmpty else { return }
        held.removeFirst().respond(status: status, body: Array("[]".utf8))
    }

    /// Answers the newest request that is held.
    func answerLast(_ status: Int) { held.popLast()?.respond(status: status, body: Array("[]".utf8)) }

    func run(until isEnough: @escaping () -> Bool) -> Bool { server.turning.run(until: isEnough) }

    var completed: [Int] { completions.flatMap(\.numbers) }

    private func received(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        lastRequest = request
        guard case .array(let events)? = try? JSONValue.parse(request.body) else {
            return exchange.respond(status: 400)
        }
        posts.append(events.compactMap(\.integer))
        if let status { exchange.respond(status: status, body: Array("[]".utf8)) } else { held.append(exchange) }
    }
}
