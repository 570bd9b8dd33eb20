import Core
import Sessions

extension Benchmark {
    static var sessions: [Benchmark] {
        [
            Benchmark("sessions.open", "a new session of a connection, and its end") {
                SessionStand()
            } _: { stand, count in
                for number in 0..<count {
                    let id = CorrelationID(Samples.sessionID(1_000_000 + number))
                    let session = stand.open(id, UInt64(1_000_000 + number))
                    Sink.use(session.handle)
                    stand.table.remove(session)
                }
            },
            Benchmark(
                "sessions.resume", "a connection ends, the next one has the session's token", isAllocationFree: true
            ) {
                SessionStand()
            } _: { stand, count in
                for _ in 0..<count {
                    let session = stand.next()
                    let connection = session.connection
                    stand.table.detach(session, connection: connection, now: stand.now)
                    let wish = SessionWish(token: stand.table.token(of: session))
                    let opening = stand.table.open(
                        wish, connection: connection, secret: SessionToken.Secret(high: 1, low: 1), now: stand.now
                    ) { session.correlationID }
                    guard case .opened(let resumed, let details) = opening, details.isResumed else {
                        preconditionFailure("the session is not resumed")
                    }
                    Sink.use(resumed.handle)
                }
            },
            Benchmark(
                "sessions.push", "an event appended, transmitted, trimmed, acknowledged with 63 others",
                isAllocationFree: true
            ) {
                warm(push)
            } _: { stand, count in
                for _ in 0..<count { push(&stand) }
            },
            Benchmark("sessions.request", "a request admitted, settled, forgotten") {
                SessionStand()
            } _: { stand, count in
                for _ in 0..<count {
                    let session = stand.next()
                    let request = stand.admit(stand.nextID(), of: session)
                    Sink.use(stand.table.pending.settle(request, list: &session.pending) != nil)
                    stand.table.pending.forget(request)
                }
            },
            Benchmark("sessions.ping", "a request admitted, its timeline kept, its answer routed and pushed as above") {
                warm(ping)
            } _: { stand, count in
                for _ in 0..<count { ping(&stand) }
            },
            Benchmark("sessions.id.read", "a session's id, from its text", isAllocationFree: true) {
                Samples.place(Array(Samples.id(1).utf8))
            } _: { text, count in
                for _ in 0..<count {
                    Sink.touch(text)
                    Sink.use(CorrelationID(UnsafeRawBufferPointer(text)) != nil)
                }
            },
            Benchmark("sessions.id.write", "a session's id, as its text in an array of its own") {
                CorrelationID(Samples.sessionID(1))
            } _: { id, count in
                for _ in 0..<count { Sink.use(id.bytes) }
            },
            Benchmark("timelines.begin", "an event's timeline, over the oldest of 16,384") {
                (
                    store: timelines(), id: Samples.place([UInt8](repeating: 0x61, count: 36)),
                    number: UInt64(0)
                )
            } _: { state, count in
                let session = CorrelationID(Samples.sessionID(1))
                for _ in 0..<count {
                    state.number += 1
                    state.id.storeBytes(of: state.number, as: UInt64.self)
                    Sink.use(
                        state.store.begin(
                            id: UnsafeRawBufferPointer(state.id), correlationID: session, owner: 1,
                            acceptedAt: Samples.wall
                        ))
                }
            },
            Benchmark("timelines.find", "an event that is none of 16,384", isAllocationFree: true) {
                (store: timelines(), id: Array("nothing".utf8))
            } _: { state, count in
                for _ in 0..<count { Sink.use(state.store.find(id: state.id, of: nil, by: nil) == nil) }
            },
            Benchmark("timelines.mark", "one stage of one event", isAllocationFree: true) {
                timelines()
            } _: { store, count in
                for at in 0..<count {
                    store.mark(UInt64(at & 16_383), .forwarded, at: Samples.wall)
                    Sink.use(store.count)
                }
            },
        ]
    }

    /// Every buffer of the thousand sessions has been full once.
    private static func warm(_ use: (inout SessionStand) -> Void) -> SessionStand {
        var stand = SessionStand()
        for _ in 0..<2 * 64 * SessionStand.sessionsCount { use(&stand) }
        return stand
    }

    private static func push(_ stand: inout SessionStand) {
        let session = stand.next()
        stand.table.append(to: session, now: stand.now) { _ in stand.event }
        stand.transmit(session, wall: Samples.wall)
    }

    private static func ping(_ stand: inout SessionStand) {
        let session = stand.next()
        let table = stand.table
        let id = stand.nextID()
        let request = stand.admit(id, of: session)
        let timeline = table.timelines.begin(
            id: id, correlationID: session.correlationID, owner: session.handle, acceptedAt: Samples.wall)
        table.pending.setTimeline(timeline, of: request)
        table.timelines.mark(timeline, .forwarded, at: Samples.wall + 1)
        table.timelines.mark(timeline, .confirmed, at: Samples.wall + 2)
        let route = table.route(answerTo: id, in: session, queuedBytes: 0) { _ in false }
        guard route == .stream(ending: request) else { preconditionFailure("the answer goes elsewhere") }
        table.timelines.mark(timeline, .dispatched, at: Samples.wall + 3)
        Sink.use(table.pending.settle(request, list: &session.pending) != nil)
        table.append(to: session, ending: request, now: stand.now) { _ in stand.event }
        stand.transmit(session, wall: Samples.wall + 4)
    }

    private static func timelines() -> TimelineStore {
        let store = TimelineStore(eventsMax: 16_384)
        for number in 0..<16_384 {
            _ = Array(Samples.id(number).utf8).withUnsafeBytes {
                store.begin(
                    id: $0, correlationID: CorrelationID(Samples.sessionID(1)), owner: 1, acceptedAt: Samples.wall)
            }
        }
        return store
    }

}
