import CloudEvents
import Sessions

/// What holds in every moment.
extension World {
    func checkBounds() {
        let table = gateway.table
        let limits = table.limits
        var attached = 0
        var bytes = 0
        var waiting = 0
        _ = table.page(from: 0, max: .max) { session in
            if session.isAttached { attached += 1 }
            bytes += session.replayBytes
            waiting += Int(session.pending.count)
            check(session, limits)
        }
        for exchange in gateway.exchanges.all { waiting += Int(exchange.pending.count) }
        findings.expect(
            attached == table.attachedCount, "\(attached) sessions are attached, not \(table.attachedCount)")
        findings.expect(
            attached == gateway.connections.count, "\(attached) sessions for \(gateway.connections.count) connections")
        findings.expect(bytes == table.replayBytes, "\(bytes) bytes are kept, not \(table.replayBytes)")
        findings.expect(waiting == table.pending.count, "\(waiting) requests wait, not \(table.pending.count)")
        findings.expect(waiting == ledger.openCount, "\(waiting) requests wait, of \(ledger.openCount) accepted ones")
        findings.expect(table.count <= limits.sessionsMax, "\(table.count) sessions")
        findings.expect(table.pending.count <= limits.requestsMax, "\(table.pending.count) requests wait")
        findings.expect(table.replayBytes <= limits.replayTotalBytesMax, "\(table.replayBytes) bytes are kept")
        for connection in gateway.connections.all {
            let output = connection.queuedBytes + connection.session.untransmittedBytes
            findings.expect(
                output <= limits.outputHardBytesMax, "\(output) bytes wait for connection \(connection.link.number)")
        }
    }

    private func check(_ session: Session, _ limits: SessionLimits) {
        findings.expect(session.replayEvents <= limits.replayEventsMax, "a stream keeps \(session.replayEvents) events")
        findings.expect(
            session.acknowledged <= session.sequence && session.transmitted <= session.sequence,
            "more is acknowledged or transmitted than there is")
        findings.expect(session.untransmittedBytes >= 0, "\(session.untransmittedBytes) bytes are not transmitted")
        findings.expect(
            session.pending.count <= scenario.waitingMax, "\(session.pending.count) requests of a session wait")
        findings.expect(
            session.sequence == ledger.length(session.handle),
            "the sequence is \(session.sequence), not that of the stream")
    }

    /// An answer in an HTTP response.
    func read(_ event: [UInt8], for client: Client) {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict), envelope.has(.causationid) else {
                return findings.expect(false, "a response with what is no answer")
            }
            client.read(bytes, envelope, EventText.decoded(envelope.value(.causationid, in: bytes)))
        }
    }
}
