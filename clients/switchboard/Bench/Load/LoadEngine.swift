import Core
import Glibc
import Program
import Reactor
import Telemetry

/// Runs a load on one event loop: opens the sessions, sends what is due, counts what comes, and says goodbye.
final class LoadEngine: TimerTarget {
    enum Phase { case opening, loading, draining, leaving, over }

    private enum TimerKind {
        static let tick = 0
        static let openMore = 1
        static let windowBegins = 2
        static let windowEnds = 3
        static let drained = 4
        static let over = 5
        static let cut = 6
        static let slowTurn = 7
    }

    /// So that a listener's backlog is not overrun.
    private static let handshakesMax = 64
    private static let leavingMilliseconds: UInt64 = 3000
    /// Of those that are due in one turn; then what has arrived is read.
    private static let sendsPerTurnMax = 4096
    static let lateNanoseconds: UInt64 = 1_000_000

    let options: BenchOptions
    let plan: ScenarioPlan
    let loop: EventLoop
    let opener: SocketOpener
    /// Of this run, in the ids of its requests.
    let run: UInt32
    let isOpenLoop: Bool
    private let profile: RateProfile?
    let progress: ProgressOutput

    var template: RequestTemplate
    var random = RandomSource()
    var counters = LoadCounters()
    var tally = ErrorTally()
    var recorder = LoadRecorder()
    var traces: TraceSampling
    private(set) var openingTimes = LatencyHistogram()
    private(set) var recoveryTimes = LatencyHistogram()
    private(set) var cutSessions = 0
    private(set) var usage: LoadUsage
    private let turns = Histogram(bounds: Histogram.shortBounds)
    private(set) var openingNanoseconds: UInt64 = 0
    /// Requests that were due while their session was ready, but were noticed more than a millisecond later.
    private(set) var lateEvents: UInt64 = 0
    private(set) var latestNanoseconds: UInt64 = 0
    private(set) var wasInterrupted = false

    private(set) var phase = Phase.opening
    private(set) var sendingEnds: UInt64 = 0
    private var clients: [LoadClient] = []
    /// Those that take turns in the open loop.
    private var active: [LoadClient] = []
    /// Of each client among `active`.
    private var places: [Int] = []
    private var nextToOpen = 0
    private var settledCount = 0
    private(set) var readyCount = 0
    private var leavingCount = 0
    private var began: UInt64 = 0
    private var loadBegan: UInt64 = 0
    private var nextEvent: UInt64 = 0
    private var pacer: PreciseTimer?
    private var isSlowTurn = false

    init(_ options: BenchOptions, progress: ProgressOutput) throws {
        self.options = options
        self.progress = progress
        plan = ScenarioPlan(options: options)
        loop = try EventLoop.make()
        opener = try SocketOpener(options.connection)
        profile = plan.profile
        usage = LoadUsage(pids: options.pids, turns: turns)
        isOpenLoop = profile != nil
        run = UInt32(truncatingIfNeeded: random.next())
        traces = TraceSampling(countMax: options.slowestTraces)
        let endpoint = options.connection.endpoint
        template =
            options.connection.usesHTTP
            ? .post(
                run: run, size: options.size, host: "\(endpoint.host):\(endpoint.port)",
                headers: options.connection.token.headerLine)
            : .event(run: run, size: options.size)
    }

    /// Runs the load to its end.
    func execute(_ signals: TerminationSignals) throws(SystemError) {
        let watch = try SignalWatch(loop: loop, signals) { [unowned self] in interrupt() }
        pacer = try PreciseTimer(loop: loop) { [unowned self] in sendDue(max: Self.sendsPerTurnMax) }
        loop.lag = turns
        clients = (0..<options.sessions).map {
            options.connection.usesHTTP
                ? HTTPLoadClient(engine: self, index: $0) : SessionLoadClient(engine: self, index: $0)
        }
        began = SystemClock.monotonic().nanoseconds
        usage.noteMemoryBefore()
        schedule(TimerKind.tick, ProgressOutput.intervalMilliseconds)
        // In the loop's first turn, at whose end it is sent.
        loop.defer { [unowned self] in
            if plan.opensUnderLoad { beginLoad(began) }
            openMore()
        }
        loop.run()
        withExtendedLifetime(watch) {}
        pacer = nil
        loop.end()
    }

    private func schedule(_ kind: Int, _ milliseconds: UInt64) {
        _ = loop.schedule(self, kind: kind, afterMilliseconds: milliseconds)
    }

    private func schedule(_ kind: Int, at instant: UInt64) {
        let now = SystemClock.monotonic().nanoseconds
        schedule(kind, (instant - min(now, instant) + 999_999) / 1_000_000)
    }

    func timerFired(kind: Int) {
        let now = SystemClock.monotonic().nanoseconds
        switch kind {
        case TimerKind.tick: tick(now)
        case TimerKind.openMore: openMore()
        case TimerKind.windowBegins: usage.begin(now)
        case TimerKind.windowEnds: if phase == .loading { endWindow(now) }
        case TimerKind.drained: if phase == .draining { leave(now) }
        case TimerKind.over: finish()
        case TimerKind.cut: cutAll()
        case TimerKind.slowTurn: turnSlowSessions()
        default: break
        }
    }

    // MARK: Opening

    private func openMore() {
        guard phase == .opening || phase == .loading, nextToOpen < clients.count else { return }
        let elapsed = SystemClock.monotonic().nanoseconds - began
        let openable = plan.openable(afterMilliseconds: elapsed / 1_000_000)
        while nextToOpen < openable, nextToOpen - settledCount < Self.handshakesMax {
            nextToOpen += 1
            clients[nextToOpen - 1].open()
        }
        if nextToOpen < clients.count, openable < clients.count { schedule(TimerKind.openMore, 1) }
    }

    private func settled() {
        settledCount += 1
        guard settledCount == clients.count else {
            // Not within this one's call, which may be that of the loop above.
            return loop.defer { [unowned self] in openMore() }
        }
        let now = SystemClock.monotonic().nanoseconds
        openingNanoseconds = now - began
        guard phase == .opening else { return }
        // As of a turn of its own: the last one may still be in its opening.
        loop.defer { [unowned self] in beginLoad(SystemClock.monotonic().nanoseconds) }
    }

    func ready(_ client: LoadClient, wasAway: Bool, now: UInt64) {
        readyCount += 1
        if wasAway {
            if cutSessions > 0 { recoveryTimes.record(now - min(client.leftAt, now)) }
            return
        }
        counters.opened += 1
        openingTimes.record(now - min(client.beganOpening, now))
        settled()
        if phase == .loading { client.topUp(now) }
    }

    func failed(_ client: LoadClient) {
        counters.failed += 1
        settled()
    }

    func disconnected() {
        counters.disconnects += 1
        readyCount -= 1
    }

    /// It does not come back.
    func abandoned(_ client: LoadClient) { client.abandonPending() }

    func left(_ client: LoadClient) {
        leavingCount -= 1
        if leavingCount == 0 { finish() }
    }

    // MARK: The load

    private func beginLoad(_ now: UInt64) {
        guard phase == .opening else { return }
        guard readyCount > 0 || plan.opensUnderLoad else { return leave(now) }
        phase = .loading
        loadBegan = now
        let start = now + options.warmupMilliseconds * 1_000_000
        let window = LoadWindow(start: start, end: start + options.durationMilliseconds * 1_000_000)
        recorder.begin(plan.sectioning(windowStart: start), window: window, at: now)
        // What fell behind may still be sent, but so that it can be answered in time.
        let grace = isOpenLoop ? options.connection.timeoutMilliseconds * 500_000 : 0
        sendingEnds = plan.sendsRequests ? window.end + grace : 0
        schedule(TimerKind.windowBegins, at: start)
        schedule(TimerKind.windowEnds, at: window.end)
        if let cut = plan.cutMilliseconds { schedule(TimerKind.cut, at: start + cut * 1_000_000) }
        if options.scenario == .slowConsumers { schedule(TimerKind.slowTurn, plan.slowHalfPeriodMilliseconds) }
        if isOpenLoop {
            active = clients.filter { $0.state == .ready }
            places = Array(repeating: 0, count: clients.count)
            for (place, client) in active.enumerated() { places[client.index] = place }
            pacer?.set(sendDue(max: Self.sendsPerTurnMax))
        } else {
            for client in clients { client.topUp(now) }
        }
    }

    /// When the client's request of that number is due.
    func intended(of number: UInt64, client: LoadClient) -> UInt64 {
        intended(event: number * UInt64(active.count) + UInt64(places[client.index]))
    }

    private func intended(event: UInt64) -> UInt64 {
        loadBegan + (profile?.nanoseconds(of: event) ?? 0)
    }

    /// - Returns: when the next one is due.
    private func sendDue(max budget: Int) -> UInt64? {
        guard phase == .loading, !active.isEmpty else { return nil }
        var now = SystemClock.monotonic().nanoseconds
        var due = intended(event: nextEvent)
        var budget = budget
        while due <= now, due < recorder.window.end, budget > 0 {
            budget -= 1
            let client = active[Int(nextEvent % UInt64(active.count))]
            nextEvent += 1
            client.due += 1
            if recorder.window.contains(due) { recordLag(now - due) }
            client.topUp(now)
            // Now, and not when all that has arrived was read.
            client.channel?.flushNow()
            due = intended(event: nextEvent)
            if due > now { now = SystemClock.monotonic().nanoseconds }
        }
        return due < recorder.window.end ? due : nil
    }

    private func recordLag(_ nanoseconds: UInt64) {
        if nanoseconds > Self.lateNanoseconds { lateEvents += 1 }
        latestNanoseconds = max(latestNanoseconds, nanoseconds)
    }

    private func endWindow(_ now: UInt64) {
        if isOpenLoop { _ = sendDue(max: .max) }
        usage.end(now)
        phase = .draining
        pacer?.set(nil)
        for client in clients where client.isSlow { client.channel?.resumeReading() }
        schedule(TimerKind.drained, options.connection.timeoutMilliseconds)
        requestsEnded()
    }

    /// Ends the wait for answers when there is nothing to wait for.
    func requestsEnded() {
        guard phase == .draining, counters.outstanding == 0 else { return }
        let waits = isOpenLoop && active.contains { $0.sent < $0.due && $0.state != .failed }
        guard !waits || SystemClock.monotonic().nanoseconds >= sendingEnds else { return }
        loop.defer { [unowned self] in
            if phase == .draining { leave(SystemClock.monotonic().nanoseconds) }
        }
    }

    private func interrupt() {
        wasInterrupted = true
        let now = SystemClock.monotonic().nanoseconds
        switch phase {
        case .opening: leave(now)
        case .loading:
            recorder.window.end = max(min(recorder.window.end, now), min(recorder.window.start, now))
            sendingEnds = min(sendingEnds, now)
            endWindow(now)
        case .draining: leave(now)
        case .leaving, .over: finish()
        }
    }

    private func leave(_ now: UInt64) {
        guard phase != .leaving, phase != .over else { return }
        phase = .leaving
        settle(now)
        usage.noteMemoryAfter()
        // One more than leave, so that none of them is the last before all have begun.
        leavingCount = 1
        for client in clients where client.leave() { leavingCount += 1 }
        schedule(TimerKind.over, Self.leavingMilliseconds)
        leavingCount -= 1
        if leavingCount == 0 { finish() }
    }

    /// Counts what never came, and what never went: with the time that it had waited by now.
    private func settle(_ now: UInt64) {
        for client in clients {
            client.abandonPending()
            if client.isMissing { counters.missing += 1 }
        }
        for client in active {
            var number = client.sent
            while number < client.due {
                counters.unsent += 1
                recorder.record(
                    intended: intended(of: number, client: client), now: now, isSlow: client.isSlow,
                    sessions: readyCount)
                number += 1
            }
        }
    }

    private func finish() {
        guard phase != .over else { return }
        phase = .over
        progress.end()
        loop.stop()
    }

    // MARK: Scenarios and progress

    private func cutAll() {
        guard phase == .loading else { return }
        for client in clients where client.state == .ready {
            cutSessions += 1
            client.cut()
        }
    }

    private func turnSlowSessions() {
        guard phase == .loading else { return }
        isSlowTurn.toggle()
        for client in clients where client.isSlow {
            if isSlowTurn { client.channel?.pauseReading() } else { client.channel?.resumeReading() }
        }
        schedule(TimerKind.slowTurn, plan.slowHalfPeriodMilliseconds)
    }

    private func tick(_ now: UInt64) {
        guard phase != .over else { return }
        let timeout = options.connection.timeoutMilliseconds * 1_000_000
        for client in clients where client.isStuck(now: now, timeoutNanoseconds: timeout) {
            client.giveUp("connect: no answer in time")
        }
        if phase == .draining { requestsEnded() }
        if progress.isDue(now) {
            let recent = recorder.takeRecent()
            progress.show(
                ProgressSnapshot(
                    phase: phase, elapsedSeconds: Double(now - began) / 1e9, recent: recent, sessions: readyCount,
                    sessionsWanted: clients.count, errors: counters.errors), now: now)
        }
        schedule(TimerKind.tick, ProgressOutput.intervalMilliseconds)
    }
}
