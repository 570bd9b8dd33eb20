import Core
import Glibc

extension Benchmark {
    /// As large as what loops post to each other: a word and an array.
    private struct Message: Sendable {
        let number: Int
        let bytes: [UInt8]
    }

    static var core: [Benchmark] {
        [
            Benchmark(
                "mailbox.thread", "a message posted, and taken with 63 others on the same thread",
                isAllocationFree: true
            ) {
                (
                    box: Mailbox<Message>(messagesMax: 1024) {}, batch: [Message](),
                    bytes: [UInt8](repeating: 1, count: 64)
                )
            } _: { state, count in
                for number in 0..<count {
                    precondition(state.box.post(Message(number: number, bytes: state.bytes)) == .posted)
                    if number & 63 == 63 || number == count - 1 {
                        state.box.take(into: &state.batch)
                        Sink.use(state.batch.count)
                        state.batch.removeAll(keepingCapacity: true)
                    }
                }
            },
            Benchmark(
                "mailbox.threads", "a message from one thread to another, as fast as they can", clock: .wall,
                operationsMin: 20_000
            ) {
            } _: { _, count in
                pour(count)
            },
            Benchmark(
                "mailbox.there-and-back", "a message to a thread that sleeps, and its answer to one that does",
                clock: .wall, operationsMin: 500
            ) {
            } _: { _, count in
                throwToAndFro(count)
            },
            Benchmark(
                "wheel.cancel", "a timer set 30 s ahead and cancelled, beside 10,000 others", isAllocationFree: true
            ) {
                wheel()
            } _: { wheel, count in
                for number in 0..<count {
                    let deadline = MonotonicInstant(nanoseconds: 30_000_000_000 + UInt64(number & 0xFFFF) * 1000)
                    Sink.use(wheel.cancel(wheel.schedule(UInt64(number), at: deadline)))
                }
            },
            Benchmark("wheel.fire", "a timer set within 2 s, sorted in and taken; 64 a tick") {
                (wheel: TimingWheel<UInt64>(now: MonotonicInstant(nanoseconds: 0)), now: UInt64(0), due: [UInt64]())
            } _: { state, count in
                for number in 0..<count {
                    let ahead = UInt64(number &* 2_654_435_761 & 0x7FFF_FFFF)
                    _ = state.wheel.schedule(UInt64(number), at: MonotonicInstant(nanoseconds: state.now + ahead))
                    guard number & 63 == 63 else { continue }
                    state.now += 16_000_000
                    state.wheel.advance(to: MonotonicInstant(nanoseconds: state.now), into: &state.due)
                    Sink.use(state.due.count)
                    state.due.removeAll(keepingCapacity: true)
                }
            },
            Benchmark("clock.wall", "the time of day", isAllocationFree: true) {
            } _: { _, count in
                for _ in 0..<count { Sink.use(SystemClock.wallNanoseconds()) }
            },
        ]
    }

    private static func wheel() -> TimingWheel<UInt64> {
        var wheel = TimingWheel<UInt64>(now: MonotonicInstant(nanoseconds: 0))
        for number in 0..<10_000 as Range<UInt64> {
            _ = wheel.schedule(number, at: MonotonicInstant(nanoseconds: 1_000_000_000 + number * 3_000_000))
        }
        return wheel
    }

    /// A mailbox whose receiver sleeps in poll, as a loop does.
    private struct Door {
        let signal: WakeSignal
        let box: Mailbox<Message>

        init() {
            guard let signal = try? WakeSignal() else { preconditionFailure("no eventfd can be made") }
            self.signal = signal
            box = Mailbox(messagesMax: 8192) { signal.signal() }
        }

        func await(into batch: inout [Message]) {
            batch.removeAll(keepingCapacity: true)
            while batch.isEmpty {
                var watched = pollfd(fd: signal.fd, events: Int16(POLLIN), revents: 0)
                poll(&watched, 1, -1)
                signal.drain()
                box.take(into: &batch)
            }
        }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> Thread {
        guard let thread = try? Thread(name: "benchmark", body) else { preconditionFailure("no thread can be started") }
        return thread
    }

    private static func pour(_ count: Int) {
        let door = Door()
        let bytes = [UInt8](repeating: 1, count: 64)
        let sender = start {
            for number in 0..<count {
                while door.box.post(Message(number: number, bytes: bytes)) == .full { sched_yield() }
            }
        }
        var batch: [Message] = []
        var received = 0
        while received < count {
            door.await(into: &batch)
            received += batch.count
        }
        sender.join()
    }

    private static func throwToAndFro(_ count: Int) {
        let there = Door()
        let back = Door()
        let other = start {
            var batch: [Message] = []
            for _ in 0..<count {
                there.await(into: &batch)
                for message in batch { precondition(back.box.post(message) == .posted) }
            }
        }
        var batch: [Message] = []
        for number in 0..<count {
            precondition(there.box.post(Message(number: number, bytes: [])) == .posted)
            back.await(into: &batch)
            precondition(batch.count == 1 && batch[0].number == number)
        }
        other.join()
    }
}
