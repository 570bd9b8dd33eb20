import CLinux
import Core
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Reactor

@Suite struct EventLoopTests {
    private final class Watcher: EventHandler {
        let fd: CInt
        var calls: [EventSet] = []
        var onEvent: (EventSet) -> Void = { _ in }
        init(fd: CInt) { self.fd = fd }
        deinit { close(fd) }

        override func handle(_ events: EventSet) {
            calls.append(events)
            var byte: UInt8 = 0
            _ = recv(fd, &byte, 1, CInt(MSG_DONTWAIT))
            onEvent(events)
        }
    }

    @Test func readinessReachesTheHandlerThatWasRegistered() throws {
        let turning = try TestLoop()
        let (one, other) = (try SocketPair(), try SocketPair())
        let (first, second) = (Watcher(fd: one.near), Watcher(fd: other.near))
        let registration = try turning.loop.register(one.near, .readable, first)
        let otherRegistration = try turning.loop.register(other.near, .writable, second)
        one.peer.send("x")
        #expect(turning.run { !first.calls.isEmpty && !second.calls.isEmpty })
        #expect(first.calls == [.readable])
        #expect(second.calls.allSatisfy { $0 == .writable })
        turning.loop.update(otherRegistration, .readable)
        second.calls = []
        turning.run(milliseconds: 20)
        #expect(second.calls.isEmpty)
        turning.loop.unregister(registration)
        one.peer.send("x")
        turning.run(milliseconds: 20)
        #expect(first.calls.count == 1)
        // A second time does nothing.
        turning.loop.unregister(registration)
        turning.loop.unregister(otherRegistration)
    }

    /// Each takes longer than a turn may take for such.
    @Test func whatIsPostponedLeavesTheOthersTheirTurn() throws {
        let turning = try TestLoop()
        let pair = try SocketPair()
        let watcher = Watcher(fd: pair.near)
        var order: [String] = []
        watcher.onEvent = { _ in order.append("event") }
        _ = try turning.loop.register(pair.near, .readable, watcher)
        var turns = 0
        turning.loop.atTurnEnd { turns += 1 }
        for number in 0..<20 {
            turning.loop.postpone {
                order.append("\(number)")
                if number == 4 { pair.peer.send("x") }
                if number == 9 { turning.loop.postpone { order.append("late") } }
                let begin = SystemClock.monotonic()
                while SystemClock.monotonic().nanoseconds(since: begin) < 600_000 {}
            }
        }
        #expect(turning.run { order.count == 22 })
        let numbers = (0..<20).map(String.init)
        #expect(order == Array(numbers[...4]) + ["event"] + Array(numbers[5...]) + ["late"])
        #expect(turns >= 20)
    }

    @Test func aDescriptorThatEpollRefusesThrowsAndLeavesNothingBehind() throws {
        let turning = try TestLoop()
        let file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
        let watcher = Watcher(fd: file)
        #expect(throws: SystemError(operation: "epoll_ctl", code: EPERM)) {
            try turning.loop.register(file, .readable, watcher)
        }
    }

    /// Both descriptors are ready in the same turn; the first handler closes the other's and a new one takes its number.
    @Test func aLateEventDoesNotReachWhoeverReusedTheDescriptor() throws {
        let turning = try TestLoop()
        var pairs = try (0..<2).map { _ in try SocketPair() }
        var watchers = pairs.map { Watcher(fd: dup($0.near)) }
        for pair in pairs { close(pair.near) }
        let registrations = try watchers.map { try turning.loop.register($0.fd, .readable, $0) }
        var newcomer: Watcher?
        func replace(_ index: Int) {
            guard newcomer == nil else { return }
            turning.loop.unregister(registrations[index])
            // The number is taken over at once: nothing closed in between, so nobody else can get it.
            guard let fresh = try? SocketPair() else { return }
            dup2(fresh.near, watchers[index].fd)
            close(fresh.near)
            pairs.append(fresh)
            let watcher = Watcher(fd: dup(watchers[index].fd))
            newcomer = watcher
            _ = try? turning.loop.register(watchers[index].fd, .readable, watcher)
        }
        watchers[0].onEvent = { _ in replace(1) }
        watchers[1].onEvent = { _ in replace(0) }
        for pair in pairs { pair.peer.send("x") }
        #expect(turning.run { newcomer != nil })
        turning.run(milliseconds: 20)
        #expect(watchers[0].calls.count + watchers[1].calls.count == 1)
        #expect(newcomer?.calls.isEmpty == true)
        pairs[2].peer.send("x")
        #expect(turning.run { newcomer?.calls == [.readable] })
        for watcher in watchers { watcher.onEvent = { _ in } }
        watchers = []
    }

    @Test func mailboxesTakeMessagesFromOtherThreadsInTheOrderOfEach() throws {
        let turning = try TestLoop()
        let counts = Mutex(0)
        var received: [(thread: Int, number: Int)] = []
        let mailbox = turning.loop.makeMailbox(messagesMax: 100_000) { (message: (Int, Int)) in
            received.append((message.0, message.1))
        }
        let threads = try (0..<4).map { thread in
            try Thread(name: "poster-\(thread)") {
                for number in 0..<5000 where mailbox.post((thread, number)) == .posted { counts.withLock { $0 += 1 } }
            }
        }
        #expect(turning.run { received.count == 20_000 })
        for thread in threads { thread.join() }
        #expect(counts.withLock { $0 } == 20_000)
        for thread in 0..<4 {
            #expect(received.filter { $0.thread == thread }.map(\.number) == Array(0..<5000))
        }
    }

    @Test func aFullMailboxLeavesTheMessageWithItsSender() throws {
        let turning = try TestLoop()
        var received: [Int] = []
        let mailbox = turning.loop.makeMailbox(messagesMax: 3) { received.append($0) }
        #expect((0..<5).map { mailbox.post($0) } == [.posted, .posted, .posted, .full, .full])
        #expect(turning.run { received.count == 3 })
        #expect(mailbox.post(5) == .posted)
        #expect(turning.run { received == [0, 1, 2, 5] })
    }

    /// The loop sleeps without a deadline: only the message can wake it.
    @Test func aMessageWakesASleepingLoop() throws {
        let loop = try EventLoop.make()
        defer { loop.end() }
        var received = 0
        let mailbox = loop.makeMailbox(messagesMax: 8) { (_: Int) in
            received += 1
            loop.stop()
        }
        let thread = try Thread(name: "waker") {
            usleep(20_000)
            _ = mailbox.post(1)
        }
        loop.run()
        thread.join()
        #expect(received == 1)
    }

    @Test func deferredBodiesRunOnceAndBeforeTheTurnEnds() throws {
        let loop = try EventLoop.make()
        defer { loop.end() }
        var order: [String] = []
        var turns = 0
        loop.atTurnEnd {
            turns += 1
            order.append("end \(turns)")
            if turns == 2 { loop.stop() }
        }
        loop.defer {
            order.append("first")
            loop.defer { order.append("second") }
        }
        // Nothing wakes the loop but what was deferred.
        loop.run()
        #expect(order == ["first", "end 1", "second", "end 2"])
    }

    /// So that one which asks for another each time does not keep the loop from its sockets.
    @Test func conclusionsFollowWhatWasDeferredInTheSameTurn() throws {
        let loop = try EventLoop.make()
        defer { loop.end() }
        var order: [String] = []
        var asked = 0
        func again() {
            asked += 1
            if asked < 6 { loop.conclude { again() } } else { loop.stop() }
        }
        loop.atTurnEnd { order.append("end after \(asked)") }
        loop.conclude { order.append("concluded") }
        loop.defer {
            order.append("deferred")
            loop.conclude { again() }
        }
        loop.run()
        #expect(order == ["deferred", "concluded", "end after 4", "end after 6"])
    }

    @Test func whatATurnEndDefersIsNotWaitedFor() throws {
        let loop = try EventLoop.make()
        defer { loop.end() }
        var ran = false
        loop.atTurnEnd {
            if !ran {
                loop.defer {
                    ran = true
                    loop.stop()
                }
            }
        }
        loop.defer {}
        loop.run()
        #expect(ran)
    }

    /// All dirty channels are flushed once a turn: writes of one turn are one segment.
    @Test func writesOfATurnLeaveTogether() throws {
        let turning = try TestLoop()
        let pair = try SocketPair()
        let handler = RecordingHandler()
        let channel = try Channel.make(loop: turning.loop, fd: pair.near, tls: nil, handler: handler)
        for text in ["a", "b", "c"] { channel.write { $0 += Array(text.utf8) } }
        #expect(channel.outputBytes == 3 && pair.peer.poll().isEmpty)
        #expect(turning.run { channel.outputBytes == 0 })
        #expect(pair.peer.poll() == Array("abc".utf8) && handler.drains == 1)
        channel.close()
    }

    @Test func turnsAreMeasured() throws {
        let loop = try EventLoop.make()
        let lag = Histogram(bounds: [0.005])
        loop.lag = lag
        defer { loop.end() }
        loop.defer {
            usleep(5000)
            loop.stop()
        }
        loop.run()
        #expect(lag.snapshot.counts[1] >= 1)
    }

    @Test func anEndedLoopHasClosedAllAndIsLetGo() throws {
        var turning: TestLoop? = try TestLoop()
        let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        let pair = try SocketPair()
        let handler = RecordingHandler()
        weak let loop = turning?.loop
        do {
            let loop = try #require(turning).loop
            _ = try Channel.make(loop: loop, fd: pair.near, tls: nil, handler: handler)
            // Like a server, it knows the loop that keeps it.
            _ = try Listener(loop: loop, socket: socket) { [loop] fd in
                _ = loop
                close(fd)
            }
        }
        turning?.run(milliseconds: 20)
        turning = nil
        #expect(handler.reasons == [.local] && pair.peer.readToEnd())
        #expect(throws: RawSocket.Failure.self) { try RawSocket(port: socket.port) }
        #expect(loop == nil)
    }
}
