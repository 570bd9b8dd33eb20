import CloudEvents
import Core
import HTTP1
import HTTPServer
import JSON
import Reactor
import Sessions
import WebSocket

/// Sessions and their connections: joined, served, left.
extension PublicWebLoop {
    private static let acknowledgementBytesMax = 256

    /// The loop that a session lives on: it follows from its name, so that no table is shared.
    func loopIndex(of id: CorrelationID) -> Int {
        Int(UInt(bitPattern: id.hashValue) >> 32) % shared.loopCount
    }

    /// A name of the gateway's own making, for a session of this loop.
    func newCorrelationID() -> CorrelationID {
        while true {
            let id = CorrelationID(UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random))
            if loopIndex(of: id) == index { return id }
        }
    }

    // MARK: Connections

    /// Takes a client that has asked for a session to the loop that has it, or would have it.
    func connect(_ exchange: HTTPExchange, _ request: ConnectionRequest) {
        let target = place(of: request.wish)
        // The name belongs to one loop and the token to another: they are not of one session, which no loop could see alone.
        if let token = request.wish.token, let home = home(of: token), home != target {
            return exchange.respond(Self.problem(.wrongToken))
        }
        var request = request
        let span = exchange.takeSpan()
        guard let channel = exchange.takeOver(handler: parkedHandler) else { return }
        request.handshake = span
        if target == index { return join(channel, request) }
        channel.pauseReading()
        // Not at once: what came behind the request is put aside only when the handler's call is over.
        loop.defer { [self] in
            guard let detached = channel.detach() else { return request.abandoned(shared.tracer) }
            guard peers[target].post(.adopt(detached, request)) == .full else { return }
            // Dropped, the connection is closed: the client tries again.
            shared.metrics.count(.overloaded)
            request.abandoned(shared.tracer)
        }
    }

    private func place(of wish: SessionWish) -> Int {
        if let id = wish.correlationID { return loopIndex(of: id) }
        return wish.token.flatMap(home) ?? index
    }

    /// The loop of the token's session; nil if another process made the token.
    private func home(of token: SessionToken) -> Int? {
        let place = Int(token.instance & 0xFF)
        return token.instance & ~0xFF == shared.instance && place < shared.loopCount ? place : nil
    }

    func adopt(_ detached: DetachedChannel, _ request: ConnectionRequest) {
        do throws(SystemError) {
            join(try Channel.attach(detached, loop: loop, handler: parkedHandler), request)
        } catch {
            shared.logger.error("a connection could not be taken over", ["reason": .string("\(error)")])
            request.abandoned(shared.tracer)
        }
    }

    private func join(_ channel: Channel, _ request: ConnectionRequest) {
        if isDraining {
            let problem = Problem(.draining, "This instance is shutting down.", retryAfterSeconds: 1)
            return refuse(channel, request, problem)
        }
        if let grant = request.grant, let problem = refusal(ofConnection: grant, request.wish) {
            return refuse(channel, request, problem)
        }
        if let former = sessions.displaced(by: request.wish) {
            sessionGone(former, waiting: sessions.remove(former))
        }
        let handle = connections.reserve()
        let secret = SessionToken.Secret(random: &random)
        let opening = sessions.open(
            request.wish, connection: handle, secret: secret, now: loop.now, wall: SystemClock.wallNanoseconds()
        ) { newCorrelationID() }
        switch opening {
        case .refused(let refusal):
            connections.remove(handle)
            request.grant?.principal.disconnect()
            refuse(channel, request, Self.problem(refusal))
        case .opened(let session, let details):
            if !details.isResumed, let problem = refusal(ofSession: request.grant?.principal) {
                sessions.remove(session)
                connections.remove(handle)
                request.grant?.principal.disconnect()
                return refuse(channel, request, problem)
            }
            if details.takenOver != 0, let older = connections[details.takenOver] { older.end(.takenOver) }
            begin(session, details, on: channel, request, handle)
        }
    }

    private func begin(
        _ session: Session, _ details: SessionOpening.Details, on channel: Channel, _ request: ConnectionRequest,
        _ handle: UInt64
    ) {
        let connection: SessionConnection
        switch request.kind {
        case .webSocket(let answer, let isStrict):
            countHandshake(request.timing, status: 101)
            channel.write { $0.append(contentsOf: answer) }
            connection = WebSocketConnection(
                home: self, session: session, handle: handle, channel: channel, rules: isStrict ? .strict : .lenient)
        case .eventStream(let origin):
            countHandshake(request.timing, status: 200)
            channel.write { EventStream.appendHead(origin: origin, to: &$0) }
            connection = EventStream(home: self, session: session, handle: handle, channel: channel)
        }
        connections.fill(handle, connection)
        if let grant = request.grant { connection.authorise(grant) }
        endHandshake(request, of: session)
        channel.handler = connection
        count(details)
        connection.write(SessionOpenedEvent.make(session, details, home: self))
        pump(session)
        channel.resumeReading()
        channel.processAgain()
    }

    /// What is answered on a connection that was taken over.
    func countHandshake(_ timing: RequestTiming?, status: Int) {
        publicServer?.countResponse(status: status)
        if let timing { publicServer?.record(timing, status: status) }
    }

    private func count(_ details: SessionOpening.Details) {
        if !details.isResumed {
            shared.metrics.sessionsOpened.add()
        } else if details.isRecovered {
            shared.metrics.sessionsRecovered.add()
        } else {
            shared.metrics.sessionsNotRecovered.add()
        }
        if details.takenOver != 0 { shared.metrics.sessionsTakenOver.add() }
        countSessions()
    }

    private static func problem(_ refusal: SessionOpening.Refusal) -> Problem {
        switch refusal {
        case .held:
            Problem(
                .sessionHeld,
                "The session has a connection, or is somebody else's. With its resume token it can be taken over.")
        case .heldForNow:
            Problem(
                .sessionHeld,
                "The session that the resume token is of is gone, and another of its name has a connection.",
                retryAfterSeconds: 1)
        case .wrongToken: Problem(.forbidden, "The resume token is not of this session.")
        case .full: Problem(.overloaded, "Too many sessions are open.", retryAfterSeconds: 1)
        }
    }

    /// An answer without a session: the connection ends with it.
    private func refuse(_ channel: Channel, _ request: ConnectionRequest, _ problem: Problem) {
        request.handshake?.end(status: problem.kind.status, shared.tracer)
        shared.metrics.count(problem.kind)
        countHandshake(request.timing, status: problem.kind.status)
        var headers: [(name: StaticString, value: String)] = [("Content-Type", "application/problem+json")]
        if let seconds = problem.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        var body: [UInt8] = []
        problem.appendJSON(instance: nil, traceID: nil, to: &body)
        channel.write { output in
            body.withUnsafeBytes {
                ResponseEncoder.append(
                    status: problem.kind.status, headers: headers, body: $0, keepAlive: false, to: &output)
            }
        }
        channel.closeAfterFlush()
    }

    /// A connection has ended; its session goes on, unless another one has it.
    func left(_ session: Session, _ connection: UInt64) {
        connections.remove(connection)
        if !handshakes.isEmpty { handshakes[connection] = nil }
        sessions.detach(session, connection: connection, now: loop.now)
        countSessions()
    }

    /// The gauges are of all loops together, so each loop adds what has changed on it.
    func countSessions() {
        let attached = sessions.attachedCount
        let detached = sessions.count - attached
        shared.metrics.sessionsAttached.add(Int64(attached - counted.attached))
        shared.metrics.sessionsDetached.add(Int64(detached - counted.detached))
        shared.metrics.replayBytes.add(Int64(sessions.replayBytes - counted.replayBytes))
        shared.metrics.replayDropped.add(sessions.droppedCount - counted.dropped)
        let forwarding = poster.eventsWaiting
        let timelines = sessions.timelines.count
        shared.metrics.forwardQueue.add(Int64(forwarding - counted.forwarding))
        shared.metrics.timelines.add(Int64(timelines - counted.timelines))
        counted = CountedSessions(
            attached: attached, detached: detached, replayBytes: sessions.replayBytes, dropped: sessions.droppedCount,
            forwarding: forwarding, timelines: timelines)
    }

    // MARK: The stream

    func connection(of session: Session) -> SessionConnection? { connections[session.connection] }

    /// Gives the session's connection what it has room for.
    func pump(_ session: Session) {
        guard !isPumping, let connection = connection(of: session) else { return }
        // Flushing tells the connection that it is drained, which would come back here.
        isPumping = true
        defer { isPumping = false }
        let wall = SystemClock.wallNanoseconds()
        while true {
            while let event = sessions.transmit(session, queuedBytes: connection.queuedBytes, wall: wall) {
                connection.write(event)
            }
            guard session.transmitted < session.sequence, session.connection == connection.handle else { break }
            connection.flushNow()
            guard connection.queuedBytes < sessions.limits.outputWindowBytes, !connection.isClosing else { break }
        }
        connection.lookAtOutput()
    }

    /// Adds an event to a session's stream, and sends it if the session has a connection.
    func append(
        to session: Session, ending request: PendingRequests.RequestID?, _ make: (inout [UInt8], UInt64) -> Void
    ) {
        sessions.append(to: session, ending: request, now: loop.now) { sequence in
            scratch.removeAll(keepingCapacity: true)
            make(&scratch, sequence)
            // Not `Array(scratch)`, which would be the same storage, with all its room.
            return scratch.withUnsafeBytes { Array($0) }
        }
        pump(session)
        trim(session)
    }

    /// Keeps an answer that went into an HTTP response.
    func keepReply(_ event: [UInt8], of request: PendingRequests.RequestID, in session: Session) {
        sessions.keepReply(event, of: request, in: session, now: loop.now)
        trim(session)
    }

    private func trim(_ session: Session) {
        if !sessions.trim(session, now: loop.now) { overrun(session) }
    }

    func overrun(_ session: Session) {
        guard let connection = connection(of: session) else { return }
        shared.metrics.slowClosed.add()
        connection.end(.tooSlow)
    }

    /// - Parameters:
    ///   - cause: the id of the event that failed, raw as in its JSON.
    ///   - traceID: of that event, if it is recorded.
    func appendError(
        _ problem: Problem, cause: UnsafeRawBufferPointer?, ending request: PendingRequests.RequestID? = nil,
        traceID: String? = nil, to session: Session
    ) {
        shared.metrics.count(problem.kind)
        let id = UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &random)
        append(to: session, ending: request) { output, sequence in
            ErrorEvent.append(
                problem: problem, causationID: cause, correlationID: session.correlationID.text,
                source: "/switchboard/public-web", id: id, traceID: traceID, to: &output
            ) { $0.paddedDecimal("sequence", sequence, width: 16) }
        }
    }

    // MARK: Control

    /// `switchboard.session.ack` and `switchboard.session.close`. Nil if it was done.
    func control(
        _ type: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, of session: Session
    ) -> Problem? {
        if type.equals("switchboard.session.close") {
            close(session, .sessionClosed)
            return nil
        }
        guard type.equals("switchboard.session.ack") else {
            return Problem(.unroutableType, "Types that begin with `switchboard.` are the gateway's own.")
        }
        guard let sequence = envelope.value(.data, in: bytes).flatMap({ Self.sequence(inAcknowledgement: $0) }) else {
            return Problem(.malformedEvent, "An acknowledgement's `data` is short: {\"sequence\":\"<digits>\"}.")
        }
        guard sessions.acknowledge(session, upTo: sequence, wall: SystemClock.wallNanoseconds()) else {
            return Problem(.malformedEvent, "Nothing of the sequence \(sequence) was sent yet.")
        }
        return nil
    }

    /// Taken apart as a tree, which a large one would make dear.
    private static func sequence(inAcknowledgement data: UnsafeRawBufferPointer) -> UInt64? {
        guard data.count <= acknowledgementBytesMax,
            let value = (try? JSONValue.parse(Array(data)))?["sequence"]
        else { return nil }
        return value.string.flatMap(SequenceText.parse) ?? value.integer.flatMap { UInt64(exactly: $0) }
    }

    /// Ends a session with all that it holds.
    func close(_ session: Session, _ reason: ConnectionEnd) {
        connection(of: session)?.end(reason)
        sessionGone(session, waiting: sessions.remove(session))
    }

    /// - Parameter waiting: how many of its requests had no answer yet.
    func sessionGone(_ session: Session, waiting: Int) {
        shared.metrics.eventsWaiting.add(-Int64(waiting))
        endSession(of: session.principal)
        if waiting > 0, let handles = exchangesOfSessions[session.handle] {
            for handle in handles { exchange(handle)?.sessionEnded() }
        }
        countSessions()
    }
}
