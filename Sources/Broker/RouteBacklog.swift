import Core

/// The groups waiting for one route, in the order posted, and how they become messages.
final class RouteBacklog {
    let route: BrokerRoute
    private var waiting = FIFO<PendingGroup>()
    /// Messages of this route that are sent and not confirmed.
    var unconfirmed = 0

    private struct Part {
        let group: PendingGroup
        let events: Range<Int>
    }

    init(route: BrokerRoute) { self.route = route }

    var isEmpty: Bool { waiting.isEmpty }

    func append(_ group: PendingGroup) { waiting.append(group) }

    var groups: some Sequence<PendingGroup> { waiting.all }

    func removeSettled() { waiting.removeAll { $0.isSettled } }

    /// As many of the first waiting events as one message may carry; nil if nothing waits that is still of use.
    /// - Parameter expired: called for each group found to be past its expiration.
    func nextMessage(now: MonotonicInstant, expired: (PendingGroup) -> Void) -> OutgoingMessage? {
        var parts: [Part] = []
        var events = 0
        var bytes = 0
        while let group = waiting.first {
            if !group.isSettled, group.nextEvent == 0, let at = group.expiresAt, at <= now { expired(group) }
            if group.isSettled {
                _ = waiting.popFirst()
                continue
            }
            let from = group.nextEvent
            let until = lastFitting(group, from: from, events: events, bytes: bytes)
            if until == from { break }
            parts.append(Part(group: group, events: from..<until))
            events += until - from
            bytes += group.group.end(ofEvent: until - 1) - group.group.start(ofEvent: from) + 1
            group.nextEvent = until
            group.messagesOutstanding += 1
            if until < group.group.ends.count { break }
            _ = waiting.popFirst()
        }
        return parts.isEmpty ? nil : message(of: parts, events: events, bytes: bytes)
    }

    /// The end of the events of `group` that fit behind what the message already carries. The message's bytes are those of
    /// the events, a comma between them and two brackets; a first event always fits.
    private func lastFitting(_ group: PendingGroup, from: Int, events: Int, bytes: Int) -> Int {
        let content = group.group
        let start = content.start(ofEvent: from)
        let eventsMost = min(content.ends.count, from + route.batchEventsMax - events)
        var until = from
        while until < eventsMost {
            let isFirst = events == 0 && until == from
            if !isFirst, bytes + content.end(ofEvent: until) - start + 2 > route.batchBytesMax { break }
            until += 1
        }
        return until
    }

    private func message(of parts: [Part], events: Int, bytes: Int) -> OutgoingMessage {
        var body: [UInt8] = []
        body.reserveCapacity(bytes + 2)
        if events > 1 { body.append(0x5B) }
        for (index, part) in parts.enumerated() {
            if index > 0 { body.append(0x2C) }
            let content = part.group.group
            let range =
                content.start(ofEvent: part.events.lowerBound)..<content.end(ofEvent: part.events.upperBound - 1)
            content.events.withUnsafeBytes { body.append(bytes: $0.slice(range)) }
        }
        if events > 1 { body.append(0x5D) }
        var expiresAt: MonotonicInstant? = MonotonicInstant(nanoseconds: 0)
        for part in parts {
            if let latest = expiresAt, let other = part.group.expiresAt {
                expiresAt = max(latest, other)
            } else {
                expiresAt = nil
            }
        }
        let first = parts[0]
        var metadata = first.events.lowerBound == 0 ? first.group.group.metadata : nil
        if events > 1 {
            metadata?.messageID = nil
            metadata?.correlationID = nil
        }
        return OutgoingMessage(
            route: route, body: body, eventCount: events, metadata: metadata, expiresAt: expiresAt,
            groups: parts.map(\.group), backlog: self)
    }
}
