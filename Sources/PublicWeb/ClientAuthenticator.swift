import Core
import Reactor
import Telemetry
import Tokens

/// Finds out who a client is, by its token. From any thread.
final class ClientAuthenticator: Sendable {
    private struct Keyring: Sendable {
        /// Nil: they were never fetched.
        var keys: TokenKeys?
        var fetchedAt: MonotonicInstant?
        /// When the last fetch began.
        var askedAt: MonotonicInstant?
        var isFetching = false
    }

    private static let firstPauseMilliseconds: UInt64 = 1000

    let settings: ClientAuthentication
    let limits: PrincipalLimits
    private let principals: PrincipalTable
    private let keyring: Mutex<Keyring>

    init(_ settings: ClientAuthentication, limits: PrincipalLimits, registry: MetricsRegistry) {
        self.settings = settings
        self.limits = limits
        let principals = PrincipalTable(limits: limits)
        self.principals = principals
        var keyring = Keyring()
        if case .keys(let keys) = settings.source { keyring.keys = keys }
        let shared = Mutex(keyring)
        self.keyring = shared
        registry.queue("principals", unit: "principals", limit: limits.principalsMax) { Double(principals.count) }
        registry.gauge("switchboard_auth_keys", "Keys that tokens are checked with") {
            Double(shared.withLock { $0.keys?.keys.count ?? 0 })
        }
        guard case .url = settings.source else { return }
        registry.gauge("switchboard_auth_keys_age", "Since the keys were fetched", unit: "s") {
            let now = SystemClock.monotonic()
            return shared.withLock { Double($0.fetchedAt.map { now.milliseconds(since: $0) } ?? 0) / 1000 }
        }
    }

    /// Where the keys come from, if they are fetched.
    var url: String? { if case .url(let url) = settings.source { url } else { nil } }

    func grant(
        _ token: UnsafeRawBufferPointer, wall: UInt64, now: MonotonicInstant
    ) throws(AccessRefusal) -> Grant {
        guard let keys = keyring.withLock({ $0.keys }) else { throw .keysUnavailable }
        let claims: TokenClaims
        do throws(TokenError) {
            claims = try settings.rules.check(token, keys: keys, wallNanoseconds: wall)
        } catch {
            throw .token(error)
        }
        // Neither has control characters, so one of them can stand between.
        let name = Array((claims.issuer ?? "").utf8) + [0] + Array(claims.subject.utf8)
        return try grant(
            name, claims.types.map { EventTypes($0) }, until: claims.expirySeconds + settings.rules.leewaySeconds, now)
    }

    /// To whom a certificate is for, as long as it is good.
    func grant(_ peer: TLSPeer, wall: UInt64, now: MonotonicInstant) throws(AccessRefusal) -> Grant {
        guard Int64(clamping: wall / 1_000_000_000) < peer.expirySeconds else { throw .certificateExpired }
        // No token's: its subject has no such character.
        return try grant([0, 0] + Array(peer.subject.utf8), nil, until: Double(peer.expirySeconds), now)
    }

    func known(_ principal: [UInt8]) -> Principal? { principals.known(principal) }

    private func grant(
        _ name: [UInt8], _ types: EventTypes?, until endSeconds: Double, _ now: MonotonicInstant
    ) throws(AccessRefusal) -> Grant {
        guard let principal = principals.principal(named: name, now: now) else { throw .tooManyPrincipals }
        return Grant(principal: principal, types: types ?? limits.types, endSeconds: endSeconds)
    }

    /// From now on; connections that are open stay as long as their tokens are good.
    func replace(keys: TokenKeys) { keyring.withLock { $0.keys = keys } }

    // MARK: Keys that are fetched

    /// Between two fetches at least; without any keys there is more of a hurry.
    var fetchPauseMilliseconds: UInt64 { keyring.withLock { pauseMilliseconds($0) } }

    private func pauseMilliseconds(_ keyring: Keyring) -> UInt64 {
        keyring.keys == nil
            ? min(settings.refreshPauseMilliseconds, Self.firstPauseMilliseconds) : settings.refreshPauseMilliseconds
    }

    /// Whether to fetch them now; then it counts as begun. False if that was only just done.
    func beginFetch(now: MonotonicInstant) -> Bool {
        keyring.withLock { keyring in
            if let asked = keyring.askedAt, now.milliseconds(since: asked) < pauseMilliseconds(keyring) {
                return false
            }
            keyring.askedAt = now
            keyring.isFetching = true
            return true
        }
    }

    var isFetching: Bool { keyring.withLock { $0.isFetching } }

    /// - Parameter keys: nil: they could not be fetched, and those that are known stay.
    func endFetch(_ keys: TokenKeys?, now: MonotonicInstant) {
        keyring.withLock { keyring in
            keyring.isFetching = false
            guard let keys else { return }
            keyring.keys = keys
            keyring.fetchedAt = now
        }
    }
}
