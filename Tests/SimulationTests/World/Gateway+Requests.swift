import CloudEvents
import Core
import JSON
import Sessions
import WebSocket

/// Events from clients, and the way of their answers back.
extension Gateway {
    enum Acceptance {
        case accepted
        case stillWaiting(PendingRequests.RequestID)
        case ended(PendingRequests.Place)
        case refused(ProblemKind)
    }

    // MARK: From a WebSocket

    func receive(_ connection: GatewayConnection, _ bytes: [UInt8]) {
        guard !connection.isClosing else { return }
        connection.input += bytes
        var input = connection.input
        var consumed = 0
        input.withUnsafeMutableBytes { buffer in
            while !connection.isClosing {
                do throws(WebSocketError) {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[consumed...])
                    let event = try connection.decoder.next(rest, consumed: &consumed)
                    if case .needMoreData = event { return }
                    receive(connection, event)
                } catch {
                    findings.reach(.brokenFrame)
                    end(connection, error.closeCode)
                }
            }
        }
        connection.input = Array(input[min(consumed, input.count)...])
    }

    private func receive(_ connection: GatewayConnection, _ event: WebSocketDecoder.Event) {
        switch event {
        case .text(let message): receive(connection, message: message)
        case .close(let code, _): end(connection, code ?? .normal)
        case .needMoreData, .ping, .pong, .binary: break
        }
    }

    private func receive(_ connection: GatewayConnection, message: UnsafeRawBufferPointer) {
        let session = connection.session
        guard let envelope = try? EventEnvelope.scan(message, rules: .strict) else {
            findings.reach(.malformedMessage)
            return append(to: session, cause: nil, ending: nil) { error(.malformedEvent, nil, sequence: $0) }
        }
        let id = EventText.decoded(envelope.value(.id, in: message))
        if let type = envelope.value(.type, in: message), type.hasPrefix("switchboard.") {
            let isGone = type.equals("switchboard.session.close")
            if let problem = control(type, message, envelope, of: session), !isGone {
                appendError(problem, cause: id, ending: nil, to: session)
            }
            return
        }
        switch accept(message, envelope, for: session, waiter: 0) {
        case .accepted: break
        case .stillWaiting: findings.reach(.repeatWaiting)
        case .refused(let problem): appendError(problem, cause: id, ending: nil, to: session)
        case .ended(let place):
            let isError: ([UInt8]) -> Bool = { EventText.problem($0) != nil }
            guard let event = table.repeatedAnswer(at: place, in: session, isError: isError) else {
                return findings.reach(.repeatSilent)
            }
            findings.reach(isError(event) ? .repeatedError : .repeatAnswered)
            connection.write(event)
            look(at: connection)
        }
    }

    /// Nil if it was done.
    func control(
        _ type: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, of session: Session
    ) -> ProblemKind? {
        if type.equals("switchboard.session.close") {
            findings.reach(.closedByClient)
            close(session, .normal)
            return nil
        }
        let data = envelope.value(.data, in: bytes).flatMap { try? JSONValue.parse(Array($0)) }
        guard let sequence = data?["sequence"]?.string.flatMap({ UInt64($0) }) else { return .malformedEvent }
        let isKnown = ledger.acknowledge(session.handle, sequence)
        let isOld = sequence <= session.acknowledged
        let isTaken = table.acknowledge(session, upTo: sequence)
        findings.expect(isTaken == isKnown, "an acknowledgement of \(sequence) was taken: \(isTaken)")
        findings.reach(!isTaken ? .acknowledgedBeyond : isOld ? .acknowledgedOld : .acknowledged)
        return isTaken ? nil : .malformedEvent
    }

    // MARK: To the dispatcher

    func accept(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, for session: Session, waiter: UInt64
    ) -> Acceptance {
        accept(bytes, envelope, session.handle, &session.pending, session, waiter)
    }

    func accept(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, for exchange: Exchange) -> Acceptance {
        accept(bytes, envelope, exchange.handle, &exchange.pending, nil, 0)
    }

    private func accept(
        _ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ owner: UInt64, _ list: inout PendingRequests.List,
        _ session: Session?, _ waiter: UInt64
    ) -> Acceptance {
        let id = EventText.decoded(envelope.value(.id, in: bytes))
        let content = envelope.value(.data, in: bytes).map { Int(truncatingIfNeeded: EventText.hash($0)) } ?? 0
        let deadline = now.advanced(byMilliseconds: UInt64(scenario.deadlineMilliseconds))
        let admission = id.withUnsafeBytes { id in
            table.admit(
                IncomingRequest(id: id, content: content, deadline: deadline, waiter: waiter), owner: owner,
                list: &list, session: session, waitingMax: scenario.waitingMax
            ) { event in
                let isPassing = EventText.problem(event)?.isPassing == true
                if isPassing { findings.reach(.postTriedAgain) }
                return isPassing
            }
        }
        findings.tell("gateway admits \(EventText.name(id)): \(admission)")
        switch admission {
        case .full: return refuse(.overloaded, .tableFull)
        case .idInUse: return refuse(.duplicateIdentifier, .otherContent)
        case .tooMany: return refuse(.tooManyRequests, .tooManyRequests)
        case .stillWaiting(let request): return .stillWaiting(request)
        case .ended(let place): return .ended(place)
        case .inserted(let request):
            guard dispatcher.take(forwarded(bytes, envelope, owner), owner, request, now) else {
                table.withdraw(request, list: &list)
                return refuse(.overloaded, .dispatcherFull)
            }
            findings.reach(.accepted)
            ledger.accept(owner, id)
            return .accepted
        }
    }

    private func refuse(_ kind: ProblemKind, _ reached: Reached) -> Acceptance {
        findings.reach(reached)
        return .refused(kind)
    }

    private func forwarded(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ owner: UInt64) -> [UInt8] {
        var output: [UInt8] = []
        let name = table[owner]?.correlationID ?? .text([0x78])
        envelope.appendRewritten(from: bytes, dropping: [.correlationid, .returnaddress, .sequence], to: &output) {
            writer in
            name.bytes.withUnsafeBytes { writer.rawString("correlationid", $0) }
            var address: [UInt8] = []
            address.append(hex: owner)
            address.withUnsafeBytes { writer.rawString("returnaddress", $0) }
        }
        return output
    }

    // MARK: From the dispatcher

    /// Nil if that settled the event.
    func dispatch(_ event: [UInt8]) -> ProblemKind? {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict),
                let handle = envelope.value(.returnaddress, in: bytes).flatMap({ Hexadecimal.number($0) })
            else { return .malformedEvent }
            if let exchange = exchange(handle) { return deliver(envelope, bytes, to: exchange) }
            guard let session = table[handle], let name = envelope.value(.correlationid, in: bytes),
                CorrelationID(name) == session.correlationID
            else { return .sessionGone }
            return deliver(envelope, bytes, to: session)
        }
    }

    private func deliver(
        _ envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer, to exchange: Exchange
    ) -> ProblemKind? {
        guard envelope.has(.causationid) else { return .sessionGone }
        let id = EventText.decoded(envelope.value(.causationid, in: bytes))
        let settled = id.withUnsafeBytes { id in
            table.pending.settle(owner: exchange.handle, list: &exchange.pending, id: id)
        }
        guard let settled else {
            findings.reach(.answeredTwice)
            return nil
        }
        table.pending.forget(settled.request)
        ledger.end(exchange.handle, id)
        exchange.deliver(bytes, envelope)
        return nil
    }

    private func deliver(
        _ envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer, to session: Session
    ) -> ProblemKind? {
        let queued = connection(of: session)?.queuedBytes ?? 0
        let cause = envelope.has(.causationid) ? EventText.decoded(envelope.value(.causationid, in: bytes)) : nil
        let isHere: (UInt64) -> Bool = { [self] in exchange($0) != nil }
        let route =
            cause.map { cause in
                cause.withUnsafeBytes {
                    table.route(answerTo: $0, in: session, queuedBytes: queued, isHere: isHere)
                }
            } ?? table.route(answerTo: nil, in: session, queuedBytes: queued, isHere: isHere)
        switch route {
        case .unexpected: findings.reach(.answeredTwice)
        case .tooSlow: return .tooManyRequests
        case .waiter(let waiter, let request):
            guard let waiter = exchange(waiter), let cause else { return nil }
            reply(envelope, bytes, cause, to: waiter, of: session, request)
        case .stream(let request):
            if let request {
                if table.pending.waiter(of: request) != 0 { findings.reach(.answerWentTheSessionsWay) }
                _ = table.pending.settle(request, list: &session.pending)
                findings.reach(.answeredOnSession)
            } else {
                findings.reach(.pushed)
            }
            append(to: session, cause: cause, ending: request) { sequence in
                var output: [UInt8] = []
                envelope.appendRewritten(
                    from: bytes, dropping: [.returnaddress, .sequence, .expirytime], to: &output
                ) { $0.paddedDecimal("sequence", sequence, width: 16) }
                return output
            }
        }
        return nil
    }

    private func reply(
        _ envelope: EventEnvelope, _ bytes: UnsafeRawBufferPointer, _ cause: [UInt8], to waiter: Exchange,
        of session: Session, _ request: PendingRequests.RequestID
    ) {
        _ = table.pending.settle(request, list: &session.pending)
        ledger.end(session.handle, cause)
        let event = waiter.deliver(bytes, envelope)
        findings.expect(event != nil, "an answer went to a request that did not ask for it")
        if let event { keepReply(event, cause, request, in: session) }
    }

    private func keepReply(
        _ event: [UInt8], _ id: [UInt8], _ request: PendingRequests.RequestID, in session: Session
    ) {
        ledger.reply(session.handle, id, event)
        table.keepReply(event, of: request, in: session, now: now)
        trim(session)
    }

    // MARK: Errors

    func exchange(_ handle: UInt64) -> Exchange? {
        handle & Exchange.handleBit == 0 ? nil : exchanges[handle & ~Exchange.handleBit]
    }

    /// Ends an accepted request with its one error, unless it has ended already.
    func settle(_ request: PendingRequests.RequestID, of owner: UInt64, _ kind: ProblemKind) {
        guard let id = table.pending.id(of: request) else { return }
        if let exchange = exchange(owner) {
            guard table.pending.settle(request, list: &exchange.pending) != nil else { return }
            table.pending.forget(request)
            ledger.end(owner, id)
            exchange.fail(id, kind)
        } else if let session = table[owner], let settled = table.pending.settle(request, list: &session.pending) {
            fail(session, settled, id, kind)
        }
    }

    private func fail(_ session: Session, _ settled: PendingRequests.Settled, _ id: [UInt8], _ kind: ProblemKind) {
        guard let waiter = exchange(settled.waiter) else {
            return appendError(kind, cause: id, ending: settled.request, to: session)
        }
        ledger.end(session.handle, id)
        let event = waiter.fail(id, kind)
        findings.expect(event != nil, "an error went to a request that did not ask for it")
        if let event, !kind.isPassing {
            keepReply(event, id, settled.request, in: session)
        } else {
            table.pending.forget(settled.request)
        }
    }
}
