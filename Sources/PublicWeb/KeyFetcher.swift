import Core
import HTTPClient
import Reactor
import Tokens

/// Fetches the keys that tokens are checked with: at the start, from time to time, and when a token names one that is not
/// known. While they can't be fetched, those that are known stay. On its loop's thread.
final class KeyFetcher: TimerTarget {
    private static let timeoutMilliseconds = 5000

    private let clients: ClientAuthenticator
    private let url: String
    private let shared: PublicWebShared
    private let loop: EventLoop
    private let transport: HTTPTransport
    private var timer: EventLoop.Timer?
    /// What the last fetch came to; nil before the first.
    private var wasFetched: Bool?

    init(_ clients: ClientAuthenticator, url: String, shared: PublicWebShared, loop: EventLoop) {
        self.clients = clients
        self.url = url
        self.shared = shared
        self.loop = loop
        transport = HTTPTransport(loop: loop, policy: Self.policy(url, shared.security.keyAuthorities))
    }

    private static func policy(_ url: String, _ authorities: [UInt8]?) -> ConnectionPolicy {
        var policy = ConnectionPolicy(usesProxy: !LoopbackAddress.contains(host(of: url)))
        policy.authorities = authorities
        return policy
    }

    /// For fetches from now on.
    func replace(authorities: [UInt8]?) { transport.replace(policy: Self.policy(url, authorities)) }

    static func host(of url: String) -> String { Authority(ofURL: url).bareHost }

    /// Unless that was only just done.
    func fetch() {
        loop.cancel(&timer)
        guard clients.beginFetch(now: loop.now) else {
            return setTimer(clients.fetchPauseMilliseconds)
        }
        begin()
    }

    func begin() {
        let request = ClientRequest(
            .get, url: url, headerLines: ["Accept: application/jwk-set+json, application/json"],
            timeoutMilliseconds: Self.timeoutMilliseconds, responseBytesMax: KeySetDocument.bytesMax)
        transport.send(request) { [weak self] in self?.fetched($0) }
    }

    func timerFired(kind: Int) {
        timer = nil
        fetch()
    }

    private func setTimer(_ milliseconds: UInt64) {
        loop.cancel(&timer)
        timer = loop.schedule(self, kind: 0, afterMilliseconds: milliseconds)
    }

    private func fetched(_ result: Result<ClientResponse, ClientError>) {
        switch result {
        case .failure(let error): failed(error.text)
        case .success(let response) where response.status != 200: failed("it answers \(response.status)")
        case .success(let response):
            do throws(KeySetError) {
                let keys = try KeySetDocument.keys(response.body, algorithms: clients.settings.rules.algorithms)
                succeeded(keys)
            } catch {
                failed("\(error)")
            }
        }
    }

    private func succeeded(_ keys: TokenKeys) {
        clients.endFetch(keys, now: loop.now)
        shared.access.keysFetched.add()
        if wasFetched != true { shared.logger.info("keys fetched", ["count": .integer(keys.keys.count)]) }
        wasFetched = true
        shared.readiness.setKeysAvailable()
        setTimer(clients.settings.refreshMilliseconds)
    }

    /// - Parameter reason: curl's or our own; it does not have the URL's path, which may be told to nobody.
    private func failed(_ reason: String) {
        clients.endFetch(nil, now: loop.now)
        shared.access.keysNotFetched.add()
        if wasFetched != false {
            shared.logger.warning(
                "keys not fetched; those that are known stay",
                ["host": .string(Self.host(of: url)), "reason": .string(reason)])
        }
        wasFetched = false
        setTimer(min(clients.settings.refreshMilliseconds, clients.fetchPauseMilliseconds))
    }
}
