import Core
import Sessions

/// Which session events belong to that were posted without waiting, so that `GET /events/{id}` finds them. The newest so
/// many; of two with the same id the later one. From any loop.
final class RecentEvents: Sendable {
    private static let eventsMax = 65_536

    private struct State: Sendable {
        var sessions: [[UInt8]: CorrelationID] = [:]
        /// A ring of the ids, in the order of their coming.
        var ids: [[UInt8]] = []
        var next = 0
    }

    private let state = Mutex(State())

    func add(_ id: [UInt8], _ session: CorrelationID) {
        state.withLock { state in
            guard state.sessions.updateValue(session, forKey: id) == nil else { return }
            if state.ids.count < Self.eventsMax {
                state.ids.append(id)
            } else {
                state.sessions[state.ids[state.next]] = nil
                state.ids[state.next] = id
                state.next = (state.next + 1) % Self.eventsMax
            }
        }
    }

    func find(_ id: [UInt8]) -> CorrelationID? { state.withLock { $0.sessions[id] } }
}
