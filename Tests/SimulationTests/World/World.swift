import CloudEvents
import Core
import Sessions
import WebSocket

/// Clients, network, gateway and dispatcher of one seed, in virtual time.
public final class World {
    let dice: Dice
    let scenario: Scenario
    let findings: Findings
    let ledger: Ledger
    let gateway: Gateway
    private(set) var clients: [Client] = []
    private var links: [Link] = []
    private var linksMade = 0

    init(seed: UInt64, trace: ((String) -> Void)?) {
        dice = Dice(seed: seed)
        scenario = Scenario(dice, number: seed)
        findings = Findings(trace: trace)
        ledger = Ledger(findings)
        gateway = Gateway(scenario, findings, ledger, dice)
        for number in 0..<scenario.clients { clients.append(Client(number, self)) }
        if scenario.clients >= 1000 { findings.reach(.thousandsOfClients) }
    }

    func run() {
        let isLarge = scenario.clients > 100
        for step in 0..<scenario.steps where findings.violation == nil {
            self.step()
            if !isLarge || step % 1024 == 0 { checkBounds() }
        }
        settle()
        end()
    }

    private func step() {
        switch dice.below(100) {
        case 0..<45: if !links.isEmpty { move(links[dice.below(links.count)]) }
        case 45..<75: dice.one(of: clients).act()
        case 75..<90: gateway.dispatcher.step(gateway, isPatient: true)
        case 90..<99: gateway.passTime(dice.between(1...60))
        default:
            if dice.chance(10) { operate() }
            let isLong = dice.chance(5)
            gateway.passTime(isLong ? Int(scenario.limits.lingerMilliseconds) : dice.one(of: [100, 1000, 5000]))
        }
        if dice.below(1000) < scenario.cutsPerMille, !links.isEmpty { cut(links[dice.below(links.count)]) }
    }

    /// Somebody ends a session from within.
    private func operate() {
        var chosen: Session?
        _ = gateway.table.page(from: dice.below(scenario.clients), max: 1) { chosen = $0 }
        guard let chosen else { return }
        findings.reach(.endedByOperator)
        gateway.close(chosen, .policyViolation)
    }

    // MARK: The network

    func connect(_ client: Client, _ wish: SessionWish) -> Link? {
        linksMade += 1
        let link = Link(number: linksMade, client: client)
        let hadConnection = wish.token.flatMap { gateway.table[$0.handle] }?.isAttached == true
        let dropped = gateway.table.droppedCount
        if let refusal = gateway.connect(link, wish) {
            findings.tell("client \(client.number) is refused: \(refusal)")
            switch refusal {
            case .heldForNow: findings.reach(.refusedHeldForNow)
            case .held: findings.reach(wish.principal == nil ? .refusedHeld : .refusedPrincipal)
            case .wrongToken: findings.reach(.refusedWrongToken)
            case .full: findings.reach(.refusedFull)
            }
            client.refused()
            return nil
        }
        if hadConnection { findings.reach(.noticedLate) }
        if gateway.table.droppedCount > dropped { findings.reach(.droppedUnacknowledged) }
        findings.tell("client \(client.number) connects as \(link.number), after \(wish.after.map { "\($0)" } ?? "-")")
        links.append(link)
        return link
    }

    private func move(_ link: Link) {
        let isToServer = dice.chance(50)
        let waiting = isToServer ? link.toServer.count : link.toClient.count
        if !isToServer, !link.isLeft, !dice.chance(link.client.habits.reads) { return }
        let count = dice.chance(30) ? 1 + dice.below(3) : dice.chance(50) ? dice.below(waiting) + 1 : waiting
        if isToServer { moveToServer(link, count) } else { moveToClient(link, count) }
        if link.connection == nil, link.isLeft { links.removeAll { $0 === link } }
    }

    private func moveToServer(_ link: Link, _ count: Int) {
        guard let connection = link.connection else {
            _ = link.toServer.take(.max)
            return
        }
        if !link.toServer.isEmpty {
            gateway.receive(connection, link.toServer.take(count))
        } else if link.isClientGone {
            gateway.closed(connection)
        }
    }

    private func moveToClient(_ link: Link, _ count: Int) {
        if let connection = link.connection { gateway.flush(connection) }
        if link.isLeft {
            _ = link.toClient.take(.max)
        } else if !link.toClient.isEmpty {
            link.client.receive(link, link.toClient.take(count))
        } else if link.isServerGone {
            link.client.left(link)
        }
        if let connection = link.connection { gateway.flush(connection) }
    }

    private func cut(_ link: Link) {
        guard !link.isClientGone else { return }
        findings.reach(.cut)
        findings.tell("connection \(link.number) is cut")
        link.cut(dice)
        if let connection = link.connection, !connection.input.isEmpty || connection.decoder.isInsideMessage {
            findings.reach(.cutAmidFrame)
        }
    }

    func send(_ message: [UInt8], on link: Link) {
        guard !link.isClientGone else { return }
        let mask = UInt32(truncatingIfNeeded: dice.next())
        link.toServer.write { output in
            message.withUnsafeBytes { FrameEncoder.append(.text, payload: $0, mask: mask, to: &output) }
        }
    }

    func sendClose(on link: Link) {
        guard !link.isClientGone else { return }
        link.toServer.write { FrameEncoder.appendClose(.normal, reason: "", mask: 7, to: &$0) }
    }

    func sendBrokenFrame(on link: Link) {
        if !link.isClientGone { link.toServer.append([0xF3, 0x80]) }
    }

    // MARK: HTTP

    func post(_ events: [[UInt8]], of name: CorrelationID?) -> Exchange {
        let session = name.flatMap { gateway.table.find($0) }
        findings.reach(session == nil ? .postedWithoutSession : events.count > 1 ? .postedBatch : .posted)
        let exchange = Exchange(gateway, session)
        exchange.begin(events)
        return exchange
    }

    func postAsync(_ events: [[UInt8]], of name: CorrelationID?) {
        findings.reach(.postedAsync)
        var session = name.flatMap { gateway.table.find($0) }
        if session == nil { session = gateway.begin(name) }
        guard let session else { return }
        for event in events {
            event.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else { return }
                _ = gateway.accept(bytes, envelope, for: session, waiter: 0)
            }
        }
    }

    func post(control type: String, data: String, of name: CorrelationID) -> ProblemKind? {
        guard let session = gateway.table.find(name) else { return .notFound }
        return EventText.control(type, id: [0x70], data: data).withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict),
                let type = envelope.value(.type, in: bytes)
            else { return .malformedEvent }
            return gateway.control(type, bytes, envelope, of: session)
        }
    }

    func correlationID(ofSession handle: UInt64) -> CorrelationID? { gateway.table[handle]?.correlationID }

    // MARK: The end

    /// With a network that works and clients that do what they should, everybody gets what is due.
    private func settle() {
        for client in clients { client.becomeKind() }
        gateway.dispatcher.becomeKind()
        var round = 0
        while findings.violation == nil, clients.contains(where: { !$0.isFinished }) || !gateway.dispatcher.isIdle {
            round += 1
            guard round < 3000 else {
                let client = clients.first { !$0.isFinished }
                return findings.expect(false, client?.unfinished ?? "the dispatcher is not rid of its answers")
            }
            for client in clients where !client.isFinished { client.finish(round: round) }
            moveEverything()
            for _ in 0..<1000 { if !gateway.dispatcher.step(gateway, isPatient: false) { break } }
            moveEverything()
            checkDelivery()
            checkBounds()
            gateway.passTime(round % 50 == 0 ? Int(scenario.limits.lingerMilliseconds) : 60)
        }
    }

    private func moveEverything() {
        var moved = true
        while moved, findings.violation == nil {
            moved = false
            for link in links {
                if !link.toServer.isEmpty || link.isClientGone && link.connection != nil {
                    moveToServer(link, .max)
                    moved = true
                }
                if !link.toClient.isEmpty || link.connection?.output.isEmpty == false
                    || link.isServerGone && !link.isLeft
                {
                    moveToClient(link, .max)
                    moved = true
                }
            }
            links.removeAll { $0.connection == nil && $0.isLeft }
        }
    }

    /// All bytes have arrived, so every stream has, to its end.
    private func checkDelivery() {
        for link in links {
            guard let connection = link.connection, !connection.isClosing, let opened = link.opened else { continue }
            let length = ledger.length(opened.handle)
            findings.expect(
                link.expected == length + 1,
                "connection \(link.number) has the stream up to \(link.expected - 1), not to its end, \(length)")
        }
    }

    private func end() {
        guard findings.violation == nil else { return }
        for link in links { link.cut(dice) }
        moveEverything()
        if dice.chance(50) {
            // Ended sessions leave nothing behind that time would have to tidy up.
            var sessions: [Session] = []
            _ = gateway.table.page(from: 0, max: .max) { sessions.append($0) }
            for session in sessions { gateway.close(session, .policyViolation) }
            for exchange in gateway.exchanges.all { exchange.abandon() }
        } else {
            let longest = Swift.max(scenario.limits.lingerMilliseconds, scenario.limits.replayMilliseconds)
            for _ in 0..<3 { gateway.passTime(Swift.max(Int(longest), scenario.deadlineMilliseconds) + 200) }
        }
        let table = gateway.table
        let left = [
            "sessions": table.count, "attached sessions": table.attachedCount, "waiting requests": table.pending.count,
            "ended requests": table.pending.endedCount, "replay bytes": table.replayBytes,
            "connections": gateway.connections.count, "exchanges": gateway.exchanges.count,
            "promises": ledger.openCount, "session timers": table.nextDeadline == nil ? 0 : 1,
            "request timers": table.pending.nextDeadline == nil ? 0 : 1,
        ].filter { $0.value != 0 }
        findings.expect(left.isEmpty, "left at the end: \(left.sorted { $0.key < $1.key })")
    }
}
