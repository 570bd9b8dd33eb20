#if DEBUG || FUZZING
    import Core
    import Glibc
    import HTTP1
    import JSON
    import Sessions
    import Telemetry
    import Tiers

    @testable import HTTPServer
    @testable import PublicWeb
    @testable import Reactor
    @testable import TierSecurity

    /// A public-web of two loops whose connections are in memory, whose dispatcher is here, and which is driven step by step:
    /// nothing in it happens by itself.
    final class ListenerWorld {
        private static let loopCount = 2
        /// All that a script can have, but one.
        private static let connectionsMax = 4
        private static let internalURL = "http://127.0.0.1:1"

        private let shared: PublicWebShared
        private let homes: [PublicWebLoop]
        private let loops: [EventLoop]
        private let transports: [HeldRequests]
        private var dispatcher = ScriptedDispatcher()
        /// The dispatcher's connection to the internal listener.
        private var caller: ListenerPeer?
        private var peers: [ListenerPeer?] = []
        /// By connection; stays when it ends.
        private var sessions: [JSONValue?] = []
        private var past: [[UInt8]] = []

        init() throws {
            let limits = Self.limits
            let spans = TelemetryQueue<Span>(elementsMax: 8, batchMax: 8) {}
            var random = RandomSource()
            let memory = ReplayMemory()
            let shared = PublicWebShared(
                limits: limits, logger: Logger(service: "fuzz", level: .error, format: .json),
                metrics: PublicWebMetrics(registry: MetricsRegistry()),
                access: AccessMetrics(registry: MetricsRegistry()),
                tracer: Tracer(sampler: .parentBasedAlwaysOn, spans: spans), readiness: Readiness(),
                budget: ConnectionBudget(connectionsMax: Self.connectionsMax),
                internalBudget: ConnectionBudget(connectionsMax: 64),
                security: PublicWebSecurity(
                    tls: nil, tier: LoadedTierTLS(), internalSecret: nil,
                    origins: OriginPolicy(origins: nil, isLoopback: true), keyAuthorities: nil),
                internalCalls: InternalCallMetrics(registry: MetricsRegistry(), memory: memory), replayMemory: memory,
                echoPath: nil, dispatcherURL: "http://127.0.0.1:2", internalURL: Self.internalURL, isLoopback: true,
                clients: nil,
                instance: random.next() & ~0xFF, loopCount: Self.loopCount)
            self.shared = shared
            loops = try (0..<Self.loopCount).map { _ in try EventLoop.make() }
            transports = (0..<Self.loopCount).map { _ in HeldRequests() }
            var homes: [PublicWebLoop] = []
            for index in 0..<Self.loopCount {
                homes.append(
                    PublicWebLoop(index: index, shared: shared, loop: loops[index], transport: transports[index]))
            }
            self.homes = homes
            for home in homes {
                home.peers = homes.map(\.mailbox)
                try home.start(publicSocket: Self.unreachable(), internalSocket: Self.unreachable())
            }
            serveDispatcher()
        }

        /// So small that a short script reaches them, but in the proportions of the real ones.
        private static var limits: PublicWebLimits {
            var limits = PublicWebLimits()
            limits.messageBytesMax = 1024
            limits.internalBodyBytesMax = 4096
            limits.batchEventsMax = 4
            limits.inFlightPerSessionMax = 3
            limits.sessions.sessionsMax = 4
            limits.sessions.requestsMax = 8
            limits.sessions.timelinesMax = 8
            limits.sessions.replayEventsMax = 4
            limits.sessions.replayBytesMax = 4096
            limits.sessions.replayTotalBytesMax = 8192
            return limits
        }

        /// Listens where nobody connects, not even one who tries every port.
        private static func unreachable() -> ListeningSocket {
            let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: sockaddr().sa_data)
            // An address without a name: the kernel makes one up.
            let length = socklen_t(MemoryLayout<sa_family_t>.size)
            require(fd >= 0 && bind(fd, &address, length) == 0 && listen(fd, 1) == 0, "listen: errno \(errno)")
            return ListeningSocket(fd: fd, port: 0)
        }

        // MARK: A script

        /// - Parameter cut: yields the lengths of the pieces in which so many bytes are sent.
        /// - Returns: what each connection was answered; nil if that depends on the cuts by intent.
        func run(_ script: ListenerScript, _ cut: (Int) -> [Int]) -> [[UInt8]]? {
            peers = Array(repeating: nil, count: ListenerScript.connectionsMax * 2)
            sessions = Array(repeating: nil, count: ListenerScript.connectionsMax)
            past = Array(repeating: [], count: peers.count)
            for step in script.steps {
                perform(step, cut)
                serveDispatcher()
            }
            checkThatNobodyIsForgotten()
            let transcripts = zip(past, peers).map { $0 + ($1?.transcript ?? []) }
            end()
            defer { dispatcher.forget() }
            return dispatcher.hasTouchedOthers ? nil : transcripts
        }

        private func perform(_ step: ListenerScript.Step, _ cut: (Int) -> [Int]) {
            let isInternal = [.dispatch, .internalBytes].contains(step.action)
            let number = step.connection + (isInternal ? ListenerScript.connectionsMax : 0)
            // A client that was sent away comes again when it is told to do something.
            if let over = peers[number], over.isOver {
                past[number] += over.transcript
                peers[number] = nil
            }
            let peer = peers[number] ?? connect(step.connection % Self.loopCount, isInternal: isInternal)
            peers[number] = peer
            switch step.action {
            case .halfClose: peer.endOutput()
            case .close:
                peer.close()
                past[number] += peer.transcript
                peers[number] = nil
            default: send(step.bytes(fillIn(step.content)), to: peer, cut)
            }
            settle()
            if !isInternal, let opened = peer.opened { sessions[step.connection] = opened }
        }

        private func send(_ bytes: [UInt8], to peer: ListenerPeer, _ cut: (Int) -> [Int]) {
            var at = 0
            for length in cut(bytes.count) where length > 0 {
                peer.send(bytes[at..<at + length])
                at += length
                settle()
            }
        }

        private func connect(_ loop: Int, isInternal: Bool) -> ListenerPeer {
            let server = isInternal ? homes[loop].internalServer : homes[loop].publicServer
            guard let server else { fail("no server") }
            let isRefused = shared.budget.count >= Self.connectionsMax
            return ListenerPeer(
                ListenerSocket { server.accept($0) }, limits: server.limits, isInternal: isInternal,
                isRefused: isRefused)
        }

        private func fillIn(_ content: [UInt8]) -> [UInt8] {
            guard content.contains(0x7B) else { return content }
            var filled: [UInt8] = []
            var at = 0
            while at < content.count {
                if content[at] == 0x7B, let (length, value) = placeholder(content[at...]) {
                    filled += value.utf8
                    at += length
                } else {
                    filled.append(content[at])
                    at += 1
                }
            }
            return filled
        }

        private func placeholder(_ text: ArraySlice<UInt8>) -> (Int, String)? {
            let start = text.startIndex
            guard text.count >= 3 else { return nil }
            if text[start + 2] == 0x7D {
                switch text[start + 1] {
                case 0x45: return dispatcher.lastEvent?["returnaddress"]?.string.map { (3, $0) }
                case 0x46: return dispatcher.lastEvent?["correlationid"]?.string.map { (3, $0) }
                default: return nil
                }
            }
            guard text.count >= 4, text[start + 3] == 0x7D, (0x30...0x32).contains(text[start + 2]),
                let session = sessions[Int(text[start + 2]) - 0x30], let token = session["resumetoken"]?.string
            else { return nil }
            switch text[start + 1] {
            case 0x54: return (4, token)
            case 0x43: return session["correlationid"]?.string.map { (4, $0) }
            case 0x52: return (4, "\(token.prefix(32))..\(Self.internalURL)")
            default: return nil
            }
        }

        // MARK: Progress

        /// Until the server has nothing to do, and everybody has looked at what came.
        private func settle() {
            var isMoving = true
            var turns = 0
            while isMoving {
                isMoving = false
                for loop in loops where loop.turn(waitMilliseconds: 0) > 0 || loop.hasDeferred { isMoving = true }
                turns += 1
                require(turns < 10_000, "the server does not come to rest")
            }
            for peer in peers { peer?.look(loops[0].receiveBuffer) }
            caller?.look(loops[0].receiveBuffer)
        }

        /// The dispatcher takes what waits for it, and answers. It does not while bytes arrive, as what is answered when would
        /// depend on how these are cut.
        private func serveDispatcher() {
            var isMoving = true
            while isMoving {
                isMoving = false
                for transport in transports {
                    for held in transport.take() {
                        isMoving = true
                        held.completion(.success(dispatcher.respond(to: held.request)))
                    }
                }
                settle()
            }
            for body in dispatcher.takeAnswers() { deliver(body) }
        }

        private func deliver(_ body: [UInt8]) {
            if caller?.isOver != false {
                caller = connect(0, isInternal: true)
            }
            guard let caller else { return }
            let head =
                "POST /dispatch HTTP/1.1\r\nHost: d\r\nContent-Type: application/cloudevents-batch+json\r\n"
                + "Content-Length: \(body.count)\r\n\r\n"
            let before = caller.transcript.count
            caller.send((Array(head.utf8) + body)[...])
            settle()
            require(caller.transcript.count > before, "no answer from /dispatch")
            require([200, 400, 413, 503].contains(caller.lastStatus), "\(caller.lastStatus) from /dispatch")
        }

        // MARK: Ends

        /// Who still waits for an answer waits for one that the dispatcher has not given.
        private func checkThatNobodyIsForgotten() {
            let waiting = peers.count { $0?.isWaiting() == true }
            let known = homes.reduce(0) { $0 + $1.exchanges.count }
            require(waiting <= known, "\(waiting) connections wait for an answer, but \(known) requests are known")
        }

        private func end() {
            for peer in peers { peer?.close() }
            peers = []
            caller?.close()
            caller = nil
            settle()
            serveDispatcher()
            caller?.close()
            caller = nil
            settle()
            for home in homes {
                var found: [Session] = []
                _ = home.sessions.page(from: 0, max: .max) { found.append($0) }
                for session in found { home.close(session, .sessionEnded) }
            }
            settle()
            for home in homes {
                home.endAbandonedSpans()
                home.countSessions()
                // What an earlier script has asked must not be known to the next.
                for _ in 0..<shared.limits.sessions.timelinesMax {
                    let id = CorrelationID(UUIDv7(wallNanoseconds: 0, random: &home.random))
                    _ = home.sessions.timelines.begin(
                        id: UnsafeRawBufferPointer(start: nil, count: 0), correlationID: id, owner: 0, acceptedAt: 0)
                }
            }
            checkThatNothingIsLeft()
        }

        private func checkThatNothingIsLeft() {
            for home in homes {
                let left: [(String, Int)] = [
                    ("connections", home.connections.count), ("exchanges", home.exchanges.count),
                    ("queries", home.queryWaits.count), ("spans", home.requestSpans.count),
                    ("handshakes", home.handshakes.count), ("authorisations", home.authorisations.count),
                    ("remote exchanges", home.remoteExchanges.count), ("dispatches", home.dispatchWaits.count),
                    ("sessions", home.sessions.count), ("attached sessions", home.sessions.attachedCount),
                    ("requests", home.sessions.pending.count), ("replay bytes", home.sessions.replayBytes),
                    ("events to forward", home.poster.eventsWaiting), ("bytes to forward", home.poster.bytesWaiting),
                ]
                for (what, count) in left { require(count == 0, "\(count) \(what) left") }
                require(
                    home.poster.isIdle && home.publicServer?.isEmpty == true, "a connection or a request is left")
                require(home.internalServer?.isEmpty == true, "an internal connection is left")
            }
            require(shared.budget.count == 0, "\(shared.budget.count) of the budget left")
            let gauges = [
                shared.metrics.sessionsAttached, shared.metrics.sessionsDetached, shared.metrics.replayBytes,
                shared.metrics.eventsWaiting, shared.metrics.forwardQueue,
            ]
            for (index, gauge) in gauges.enumerated() {
                require(gauge.value == 0, "gauge \(index) is \(gauge.value)")
            }
        }
    }
#endif
