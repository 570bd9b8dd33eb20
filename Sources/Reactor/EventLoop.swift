import CLinux
import Core
import Glibc
import Telemetry

/// One epoll loop: descriptors, timers, mailboxes, and output that is flushed once before it sleeps.
///
/// It belongs to the thread that calls `run`, and so does everything registered with it; nothing here is synchronised.
/// The only ways in from other threads are the mailboxes it makes.
public final class EventLoop {
    public typealias Timer = TimingWheel<TimerEntry>.TimerID

    /// A timer keeps its target until it fires or is cancelled. A weak reference would cost each target a table entry.
    public struct TimerEntry {
        let target: any TimerTarget
        let kind: Int32
    }

    /// Names a watched descriptor: generation and place, so that a late event can't reach a reused descriptor.
    public struct Registration {
        let key: UInt64
        let fd: CInt
    }

    private static let eventsMax = 512
    private static let receiveBytes = 128 * 1024
    private static let wakeKey: UInt64 = 0
    private static let conclusionsMax = 4
    /// So long a turn is at what was postponed, or as long as it took before that: a busy loop must not starve it.
    private static let postponedNanosecondsMax: UInt64 = 500_000

    /// When the current turn began: exact enough for timers, and free.
    public private(set) var now: MonotonicInstant
    /// Lent to whoever reads; its content is valid only until the next read on this loop.
    public let receiveBuffer: UnsafeMutableRawBufferPointer
    /// Is given what each turn took, if there is one: so long what became ready meanwhile had to wait.
    public var lag: Histogram?

    private let epoll: CInt
    private let wake: WakeSignal
    private let events: UnsafeMutablePointer<epoll_event>
    private var handlers = Slab<EventHandler>()
    private var wheel: TimingWheel<TimerEntry>
    private var due: [Timer] = []
    private var mailboxes: [() -> Void] = []
    private var turnEnds: [() -> Void] = []
    private var dirty: [Channel] = []
    private var spareOutputs = SpareBuffers(countMax: 256, bytesMax: 4 << 20)
    private var deferred: [() -> Void] = []
    private var concluding: [() -> Void] = []
    private var postponed = FIFO<() -> Void>()
    private var isRunning = false

    public static func make() throws(SystemError) -> EventLoop {
        let epoll = clinux_epoll_create()
        if epoll < 0 { throw SystemError(operation: "epoll_create", code: errno) }
        let wake = try WakeSignal()
        guard clinux_epoll_add(epoll, wake.fd, EventSet.readable.rawValue, wakeKey) == 0 else {
            let code = errno
            close(epoll)
            throw SystemError(operation: "epoll_ctl", code: code)
        }
        return EventLoop(epoll: epoll, wake: wake)
    }

    private init(epoll: CInt, wake: WakeSignal) {
        self.epoll = epoll
        self.wake = wake
        now = SystemClock.monotonic()
        wheel = TimingWheel(now: now)
        events = .allocate(capacity: Self.eventsMax)
        receiveBuffer = .allocate(byteCount: Self.receiveBytes, alignment: 64)
    }

    deinit {
        close(epoll)
        events.deallocate()
        receiveBuffer.deallocate()
    }

    /// Makes room for so many descriptors with a timer each; more are welcome.
    public func expect(descriptors: Int) {
        handlers.reserveCapacity(descriptors)
        wheel.reserveCapacity(descriptors)
    }

    /// Runs until `stop` is called on its thread.
    public func run() {
        isRunning = true
        while isRunning { turn(waitMilliseconds: waitMilliseconds()) }
    }

    /// One turn, for `run` and for those who drive the loop step by step.
    /// - Parameter waitMilliseconds: so long it waits for an event at most; -1 is without end.
    /// - Returns: how many events there were.
    @discardableResult
    func turn(waitMilliseconds: CInt) -> Int {
        let count = epoll_wait(epoll, events, CInt(Self.eventsMax), waitMilliseconds)
        now = SystemClock.monotonic()
        for index in 0..<Int(max(count, 0)) { dispatch(events[index]) }
        fireTimers()
        endTurn()
        lag?.record(nanoseconds: SystemClock.monotonic().nanoseconds(since: now))
        return Int(max(count, 0))
    }

    /// Whether something was put off to the end of the next turn.
    var hasDeferred: Bool { !deferred.isEmpty || !concluding.isEmpty || !postponed.isEmpty }

    /// On the loop's thread: `run` returns after this turn.
    public func stop() { isRunning = false }

    /// After the last `run`: closes what is open. Until then the loop and what lives on it keep each other alive.
    public func end() {
        for handler in handlers.all { handler.loopEnded() }
        handlers = Slab()
        wheel = TimingWheel(now: now)
        mailboxes = []
        turnEnds = []
        deferred = []
        concluding = []
        postponed = FIFO()
        dirty = []
    }

    // MARK: Descriptors

    public func register(_ fd: CInt, _ interest: EventSet, _ handler: EventHandler) throws(SystemError)
        -> Registration
    {
        let key = handlers.insert(handler)
        if clinux_epoll_add(epoll, fd, interest.rawValue, key) != 0 {
            let code = errno
            handlers.remove(key)
            throw SystemError(operation: "epoll_ctl", code: code)
        }
        return Registration(key: key, fd: fd)
    }

    public func update(_ registration: Registration, _ interest: EventSet) {
        _ = clinux_epoll_modify(epoll, registration.fd, interest.rawValue, registration.key)
    }

    /// The descriptor is closed next, and has no copy: that takes it off the watched ones, too (epoll(7)).
    func forget(_ registration: Registration) { handlers.remove(registration.key) }

    /// Before the descriptor is closed, or goes elsewhere.
    public func unregister(_ registration: Registration) {
        if handlers.remove(registration.key) != nil { _ = clinux_epoll_remove(epoll, registration.fd) }
    }

    // MARK: Timers, mailboxes, turns

    public func schedule(_ target: any TimerTarget, kind: Int, afterMilliseconds delay: UInt64) -> Timer {
        wheel.schedule(
            TimerEntry(target: target, kind: Int32(truncatingIfNeeded: kind)),
            at: now.advanced(byMilliseconds: delay))
    }

    /// Also one that is due in this very turn and has not fired yet.
    public func cancel(_ timer: inout Timer?) {
        if let scheduled = timer { wheel.cancel(scheduled) }
        timer = nil
    }

    /// A way in for other threads. Before `run` or on the loop's thread; `receive` is called on the loop's thread.
    public func makeMailbox<Message: Sendable>(
        messagesMax: Int, _ receive: @escaping (Message) -> Void
    ) -> Mailbox<Message> {
        let signal = wake
        let mailbox = Mailbox<Message>(messagesMax: messagesMax) { signal.signal() }
        var batch: [Message] = []
        mailboxes.append {
            mailbox.take(into: &batch)
            for message in batch { receive(message) }
            batch.removeAll(keepingCapacity: batch.count <= 1024)
        }
        return mailbox
    }

    /// Called at the end of every turn, before output is flushed and the loop sleeps.
    public func atTurnEnd(_ body: @escaping () -> Void) { turnEnds.append(body) }

    /// Called once, when this turn ends; by a turn's last calls, when the next ends, which then does not wait for events.
    public func `defer`(_ body: @escaping () -> Void) { deferred.append(body) }

    /// Called once, when this turn ends, after what was deferred: for what gathers that, and should not cost a turn more.
    public func conclude(_ body: @escaping () -> Void) { concluding.append(body) }

    /// Called once, at the end of this turn or of a later one, in the order in which it came: for what may be a lot, so that
    /// those who want little need not wait for it.
    public func postpone(_ body: @escaping () -> Void) { postponed.append(body) }

    func markDirty(_ channel: Channel) { dirty.append(channel) }

    /// An empty array for what a channel will send, with room from an earlier one if there is any.
    func takeOutput() -> [UInt8] { spareOutputs.take() }

    /// What was in it is sent.
    func giveBack(_ output: inout [UInt8]) { spareOutputs.give(&output) }

    private func waitMilliseconds() -> CInt {
        if hasDeferred { return 0 }
        guard let deadline = wheel.nextDeadline else { return -1 }
        let wait = deadline.nanoseconds(since: SystemClock.monotonic())
        return CInt(truncatingIfNeeded: min((wait + 999_999) / 1_000_000, 60_000))
    }

    private func dispatch(_ event: epoll_event) {
        var event = event
        let key = clinux_epoll_key(&event)
        if key == Self.wakeKey {
            wake.drain()
            for take in mailboxes { take() }
        } else {
            handlers[key]?.handle(EventSet(rawValue: event.events))
        }
    }

    private func fireTimers() {
        wheel.advance(to: now, into: &due)
        for timer in due {
            // Not in one expression: the wheel is free again while the target is called.
            let entry = wheel.take(timer)
            entry?.target.timerFired(kind: Int(entry?.kind ?? 0))
        }
        due.removeAll(keepingCapacity: due.count <= 1024)
    }

    /// What a body adds is not of this list any more.
    private func take(_ list: inout [() -> Void]) -> [() -> Void] {
        defer { list = [] }
        return list
    }

    /// Those that come meanwhile wait for the next turn.
    private func doPostponed() {
        let begin = SystemClock.monotonic()
        let most = max(Self.postponedNanosecondsMax, begin.nanoseconds(since: now))
        for _ in 0..<postponed.count {
            postponed.popFirst()?()
            if SystemClock.monotonic().nanoseconds(since: begin) > most { return }
        }
    }

    private func endTurn() {
        if !postponed.isEmpty { doPostponed() }
        if !deferred.isEmpty { for body in take(&deferred) { body() } }
        // What these bring about in turn is likely to be of this turn, too, but has an end here.
        for _ in 0..<Self.conclusionsMax where !concluding.isEmpty { for body in take(&concluding) { body() } }
        for body in turnEnds { body() }
        // Flushing can end a channel, whose owner may then write to another one: hence by index.
        var index = 0
        while index < dirty.count {
            dirty[index].flush()
            index += 1
        }
        dirty.removeAll(keepingCapacity: dirty.count <= 4096)
    }
}
