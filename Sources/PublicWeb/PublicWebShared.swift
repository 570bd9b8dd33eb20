import Core
import HTTPServer
import Reactor
import Telemetry
import TierSecurity
import Tiers

/// What the loops of a public-web process have in common; all of it immutable or thread-safe.
struct PublicWebShared: Sendable {
    let limits: PublicWebLimits
    let logger: Logger
    let metrics: PublicWebMetrics
    let access: AccessMetrics
    let tracer: Tracer
    let readiness: Readiness
    let budget: ConnectionBudget
    /// Of the internal listener: who comes to the public one must not keep out the dispatcher.
    let internalBudget: ConnectionBudget
    /// As it was at the start: each loop has its own, which can change.
    let security: PublicWebSecurity
    let internalCalls: InternalCallMetrics
    let replayMemory: ReplayMemory
    let echoPath: String?
    let dispatcherURL: String
    let internalURL: String
    /// Whether only this machine reaches the public listener, as far as that is known.
    let isLoopback: Bool
    /// Nil in open mode.
    let clients: ClientAuthenticator?
    /// Random, with the low byte clear: a loop's own number is this one plus its index.
    let instance: UInt64
    let loopCount: Int
    private let drainedLoops = Mutex<Set<Int>>([])

    /// A loop whose clients are gone says so; that stays true, as it takes no new ones.
    /// - Returns: whether those of all loops are gone.
    func setDrained(loop: Int) -> Bool {
        drainedLoops.withLock { loops in
            loops.insert(loop)
            return loops.count == loopCount
        }
    }

    var instanceName: String {
        var text: [UInt8] = []
        text.append(hex: instance >> 8, digits: 14)
        return String(decoding: text, as: UTF8.self)
    }
}
