import CloudEvents
import Core
import WebSocket

/// What a client is sent, and whether it is what the ledger says.
extension Client {
    func receive(_ link: Link, _ bytes: [UInt8]) {
        link.input += bytes
        var input = link.input
        var consumed = 0
        input.withUnsafeMutableBytes { buffer in
            while !link.isLeft {
                do throws(WebSocketError) {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[consumed...])
                    switch try link.decoder.next(rest, consumed: &consumed) {
                    case .needMoreData: return
                    case .text(let message): receive(link, message: message)
                    case .close(let code, _):
                        link.isClientGone = true
                        left(link)
                        if code == .sessionTakenOver { takenOver() }
                    case .binary, .ping, .pong: break
                    }
                } catch {
                    world.findings.expect(false, "connection \(link.number): the gateway sent a broken frame: \(error)")
                    left(link)
                }
            }
        }
        link.input = Array(input[min(consumed, input.count)...])
    }

    private func receive(_ link: Link, message: UnsafeRawBufferPointer) {
        guard let envelope = try? EventEnvelope.scan(message, rules: .strict) else {
            return world.findings.expect(false, "the gateway sent what is no event: \(message.text)")
        }
        if envelope.value(.type, in: message)?.equals("switchboard.session.opened") == true {
            return open(link, envelope.value(.data, in: message))
        }
        guard let handle = link.opened?.handle else {
            return world.findings.expect(false, "connection \(link.number) did not begin with session.opened")
        }
        let cause = envelope.has(.causationid) ? EventText.decoded(envelope.value(.causationid, in: message)) : nil
        world.findings.tell(
            "client \(number) gets \(envelope.value(.sequence, in: message)?.text ?? "-") on \(link.number), "
                + "cause \(cause.map { EventText.name($0) } ?? "-")")
        if let text = envelope.value(.sequence, in: message)?.text {
            check(link, handle, UInt64(text) ?? 0, Array(message), cause)
        } else if let cause {
            world.findings.expect(
                link.sentIDs.contains(cause) && world.ledger.isReply(handle, cause, Array(message)),
                "connection \(link.number) got an answer to \(EventText.name(cause)) that it had not had")
        } else {
            world.findings.expect(false, "a push has no sequence")
        }
        if let cause { read(message, envelope, cause) }
    }

    private func open(_ link: Link, _ data: UnsafeRawBufferPointer?) {
        guard link.opened == nil, let event = data.flatMap({ OpenedEvent(data: $0) }) else {
            return world.findings.expect(false, "session.opened twice, or malformed")
        }
        link.opened = event
        if !event.isResumed {
            link.expected = 1
        } else if event.isRecovered {
            link.expected = link.expectedFirst
            world.findings.expect(link.isAfterValid, "`recovered` of what was never sent")
        } else {
            link.expected = event.first ?? event.sequence + 1
            world.findings.expect(
                !link.isAfterValid || link.expected > link.expectedFirst,
                "not `recovered`, though everything from \(link.expectedFirst) on is there")
        }
        world.findings.tell(
            "client \(number) has opened \(link.number): resumed \(event.isResumed), recovered \(event.isRecovered), "
                + "from \(link.expected), of \(event.sequence)")
        opened(link, event)
    }

    private func check(_ link: Link, _ handle: UInt64, _ sequence: UInt64, _ event: [UInt8], _ cause: [UInt8]?) {
        let streamed = world.ledger.streamed(handle, sequence)
        world.findings.expect(
            streamed?.hash == EventText.hash(event), "the event under \(sequence) is not the one that was put there")
        if sequence < link.expected {
            world.findings.expect(
                cause.map { link.sentIDs.contains($0) } == true,
                "connection \(link.number) got \(sequence) again, without having asked")
            return
        }
        let isOwnFault = got(sequence, on: link)
        world.findings.expect(
            sequence == link.expected || isOwnFault,
            "connection \(link.number) got \(sequence) where \(link.expected) comes next")
        link.expected = sequence + 1
    }

    func read(_ message: UnsafeRawBufferPointer, _ envelope: EventEnvelope, _ cause: [UInt8]) {
        answered(cause, data: envelope.value(.data, in: message), problem: EventText.problem(Array(message)))
    }
}
