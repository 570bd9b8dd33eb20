import Core

/// All that waits to be published, by route. It also settles groups: it is the only place
/// where their completions are called.
final class PublishBacklog {
    /// Beyond it, routes that nothing waits for are forgotten.
    private static let routesKeptMax = 1024

    private let intake: PublishIntake
    private let limits: PublishLimits
    private let counters: BrokerCounters
    private var routes: [ObjectIdentifier: RouteBacklog] = [:]
    /// Routes with something waiting, in turn.
    private var turns = FIFO<RouteBacklog>()
    private var taken: [PostedGroup] = []

    init(intake: PublishIntake, limits: PublishLimits, counters: BrokerCounters) {
        self.intake = intake
        self.limits = limits
        self.counters = counters
    }

    var isEmpty: Bool { turns.isEmpty }

    /// Takes in what was posted.
    func takePosted() {
        intake.take(into: &taken)
        for posted in taken { take(posted) }
        taken.removeAll(keepingCapacity: taken.count <= 4096)
    }

    func take(_ posted: PostedGroup) {
        let group = PendingGroup(posted)
        let backlog = backlog(for: group.group.route)
        if backlog.isEmpty { turns.append(backlog) }
        backlog.append(group)
    }

    private func backlog(for route: BrokerRoute) -> RouteBacklog {
        if let backlog = routes[ObjectIdentifier(route)] { return backlog }
        if routes.count >= Self.routesKeptMax {
            routes = routes.filter { !$0.value.isEmpty || $0.value.unconfirmed > 0 }
        }
        let backlog = RouteBacklog(route: route)
        routes[ObjectIdentifier(route)] = backlog
        return backlog
    }

    /// Whether something waits for a route that has fewer unconfirmed messages.
    func hasReady(unconfirmedMax: Int) -> Bool { turns.all.contains { $0.unconfirmed < unconfirmedMax } }

    /// The next message, the routes taking turns; nil if nothing waits for one that has fewer unconfirmed messages.
    func nextMessage(now: MonotonicInstant, unconfirmedMax: Int = .max) -> OutgoingMessage? {
        for _ in 0..<turns.count {
            guard let backlog = turns.popFirst() else { return nil }
            guard backlog.unconfirmed < unconfirmedMax else {
                turns.append(backlog)
                continue
            }
            let message = backlog.nextMessage(now: now) { settle($0, .expired) }
            if !backlog.isEmpty { turns.append(backlog) }
            if let message { return message }
        }
        return nil
    }

    /// A message has its outcome.
    func settle(_ message: OutgoingMessage, _ outcome: PublishOutcome) {
        if message.isSettled { return }
        message.isSettled = true
        for group in message.groups where group.settleMessage(outcome) { settle(group, group.outcome) }
    }

    func settle(_ group: PendingGroup, _ outcome: PublishOutcome) {
        if group.isSettled { return }
        switch outcome {
        case .unavailable: counters.update { $0.groupsUnavailable += 1 }
        case .expired: counters.update { $0.groupsExpired += 1 }
        case .confirmed, .unroutable, .rejected, .refused: break
        }
        intake.release(group.group)
        group.complete(outcome)
    }

    /// Gives up the waiting groups whose time is over.
    func giveUpWaiting(now: MonotonicInstant, isConnected: Bool) {
        var gaveUp = false
        for backlog in turns.all {
            for group in backlog.groups where isOver(group, now: now, isConnected: isConnected) {
                settle(group, .unavailable)
                gaveUp = true
            }
        }
        if gaveUp { removeSettled() }
    }

    /// Whether the group has waited long enough: with a connection until its deadline, without one only until the end of
    /// the grace period.
    func isOver(_ group: PendingGroup, now: MonotonicInstant, isConnected: Bool) -> Bool {
        let at =
            isConnected
            ? group.group.deadline : group.unavailableAt(graceMilliseconds: limits.unavailableGraceMilliseconds)
        return now >= at
    }

    /// Ends everything that waits, at the end of the broker object.
    func giveUpAll() {
        for backlog in turns.all {
            for group in backlog.groups { settle(group, .unavailable) }
        }
        removeSettled()
    }

    private func removeSettled() {
        for backlog in turns.all { backlog.removeSettled() }
        turns.removeAll { $0.isEmpty }
    }
}
