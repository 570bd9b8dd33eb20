import CloudEvents
import Core
import Sessions
import Telemetry
import Tiers
import WebSocket

/// What public-web does for a ping between reading and writing, in its order and with its parts, without its sockets: 1024
/// pings of a thousand sessions over and over, each as one frame, and its answer as the dispatcher brings it.
struct PublicWebStand {
    private static let pingsCount = 1024
    private static let reserved: EventEnvelope.Members = [
        .correlationid, .returnaddress, .sequence, .servertiming, .expirytime,
    ]

    private var stand = SessionStand()
    private let authenticator: InternalAuthenticator
    private let tracer: Tracer
    private let accepted = Counter()
    private let answered = Counter()
    private let durations = Histogram(bounds: Histogram.durationBounds)
    private var random = RandomSource()
    private var decoder = WebSocketDecoder(role: .server, messageBytesMax: 65_536)
    private var frames: [UnsafeMutableRawBufferPointer] = []
    private var answers: [UnsafeMutableRawBufferPointer] = []
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    private var batch: [UInt8] = []
    private var output: [UInt8] = []
    private var at = 0

    init(secret: [UInt8]?) {
        authenticator = InternalAuthenticator(secret: secret)
        guard let sampler = Sampler(name: "parentbased_always_off", ratio: 0) else {
            preconditionFailure("no such sampler")
        }
        tracer = Tracer(sampler: sampler, spans: TelemetryQueue(elementsMax: 2048, batchMax: 512) {})
        for number in 0..<Self.pingsCount {
            let session = session(number)
            let id = Samples.id(number)
            var frame: [UInt8] = []
            Samples.ping(id: id).withUnsafeBytes {
                FrameEncoder.append(.text, payload: $0, mask: 0x7A3C_91E5, to: &frame)
            }
            frames.append(Samples.place(frame))
            let address = address(of: session)
            answers.append(
                Samples.place(
                    Samples.answer(to: id, session: session.correlationID.text, returnAddress: address)))
        }
    }

    private func session(_ number: Int) -> Session { stand.sessions[number % stand.sessions.count] }

    private func address(of session: Session) -> [UInt8] {
        ReturnAddress(instance: Samples.instance, handle: session.handle, url: Samples.internalURL)
            .encoded(by: authenticator)
    }

    mutating func ping() {
        at = at + 1 == Self.pingsCount ? 0 : at + 1
        take(frames[at], of: session(at))
        deliver(UnsafeRawBufferPointer(answers[at]))
    }

    private mutating func take(_ frame: UnsafeMutableRawBufferPointer, of session: Session) {
        let received = UnsafeMutableRawBufferPointer(rebasing: input[..<frame.count])
        received.copyMemory(from: UnsafeRawBufferPointer(frame))
        var consumed = 0
        guard case .text(let bytes)? = try? decoder.next(received, consumed: &consumed) else {
            preconditionFailure("the frame is not taken")
        }
        let envelope = Benchmark.scan(bytes)
        guard let id = envelope.value(.id, in: bytes) else { preconditionFailure("the event has no id") }
        let table = stand.table
        let request = admit(id, Self.content(bytes, envelope), session)
        Sink.use(tracer.records(tracer.begin(random: &random)))
        let timeline = table.timelines.begin(
            id: id, correlationID: session.correlationID, owner: session.handle,
            acceptedAt: SystemClock.wallNanoseconds())
        table.pending.setTimeline(timeline, of: request)
        batch.removeAll(keepingCapacity: true)
        let address = address(of: session)
        envelope.appendRewritten(from: bytes, dropping: Self.reserved, to: &batch) { writer in
            session.correlationID.bytes.withUnsafeBytes { writer.rawString("correlationid", $0) }
            address.withUnsafeBytes { writer.rawString("returnaddress", $0) }
            writer.time("expirytime", wallNanoseconds: SystemClock.wallNanoseconds() + 30_000_000_000)
        }
        Sink.use(batch)
        table.timelines.mark(timeline, .forwarded, at: Samples.wall)
        table.timelines.mark(timeline, .confirmed, at: Samples.wall)
        accepted.add()
    }

    private func admit(_ id: UnsafeRawBufferPointer, _ content: Int, _ session: Session) -> PendingRequests.RequestID {
        let request = IncomingRequest(
            id: id, content: content, deadline: stand.now.advanced(byMilliseconds: 30_000), waiter: 0)
        let admission = stand.table.admit(
            request, owner: session.handle, list: &session.pending, session: session, waitingMax: 1024
        ) { _ in false }
        guard case .inserted(let inserted) = admission else { preconditionFailure("the request is refused") }
        return inserted
    }

    private static func content(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Int {
        var hasher = Hasher()
        for member in [EventEnvelope.Member.source, .type, .subject, .data, .dataBase64] {
            guard let value = envelope.value(member, in: bytes) else { continue }
            hasher.combine(member.rawValue)
            hasher.combine(bytes: value)
        }
        return hasher.finalize()
    }

    private mutating func deliver(_ bytes: UnsafeRawBufferPointer) {
        let table = stand.table
        let envelope = Benchmark.scan(bytes)
        guard let place = envelope.value(.returnaddress, in: bytes).flatMap({ ReturnAddress.place(in: $0) }),
            let session = table[place.handle], let cause = envelope.value(.causationid, in: bytes),
            let id = envelope.value(.correlationid, in: bytes), CorrelationID(id) == session.correlationID,
            case .stream(let ending) = table.route(answerTo: cause, in: session, queuedBytes: 0, isHere: { _ in false }),
            let request = ending
        else { preconditionFailure("the answer goes elsewhere") }
        let wall = SystemClock.wallNanoseconds()
        table.timelines.mark(table.pending.timeline(of: request), .dispatched, at: wall)
        Sink.use(table.pending.settle(request, list: &session.pending) != nil)
        durations.record(nanoseconds: 1_234_567)
        table.append(to: session, ending: request, now: stand.now) { sequence in
            var event: [UInt8] = []
            event.reserveCapacity(bytes.count + 64)
            envelope.appendRewritten(
                from: bytes, dropping: [.returnaddress, .sequence, .expirytime, .servertiming], to: &event
            ) { writer in
                writer.paddedDecimal("sequence", sequence, width: 16)
                writer.rawString("servertiming") { $0.append("public-web;dur=0.1,dispatcher;dur=0.4,broker;dur=1.2") }
            }
            return event
        }
        while let event = table.transmit(session, queuedBytes: 0, wall: wall) {
            output.removeAll(keepingCapacity: true)
            FrameEncoder.appendHeader(.text, payloadBytes: event.count, to: &output)
            event.withUnsafeBytes { output.append(bytes: $0) }
            Sink.use(output)
        }
        precondition(table.trim(session, now: stand.now))
        // The id comes again after so many pings, and is to be forgotten by then.
        table.acknowledge(session, upTo: session.sequence, wall: wall)
        answered.add()
    }
}
