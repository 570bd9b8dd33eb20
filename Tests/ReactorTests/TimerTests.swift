import Core
import Reactor
import Testing

@Suite struct TimerTests {
    private final class Recorder: TimerTarget {
        let loop: EventLoop
        let last: Int
        var fired: [Int] = []

        init(loop: EventLoop, last: Int) {
            self.loop = loop
            self.last = last
        }

        func timerFired(kind: Int) {
            fired.append(kind)
            if kind == last { loop.stop() }
        }
    }

    @Test("timers fire in the order of their times, never early, and not when they were cancelled")
    func order() throws {
        let loop = try EventLoop.make()
        let recorder = Recorder(loop: loop, last: 3)
        let began = loop.now
        _ = loop.schedule(recorder, kind: 3, afterMilliseconds: 90)
        _ = loop.schedule(recorder, kind: 1, afterMilliseconds: 20)
        var cancelled: EventLoop.Timer? = loop.schedule(recorder, kind: 2, afterMilliseconds: 40)
        loop.cancel(&cancelled)
        loop.run()
        #expect(recorder.fired == [1, 3])
        #expect(cancelled == nil)
        #expect(loop.now.milliseconds(since: began) >= 90)
    }

    private final class Closure: TimerTarget {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
        func timerFired(kind: Int) { body() }
    }

    @Test("a timer armed by a timer fires in a later turn, with no other event")
    func rearming() throws {
        let loop = try EventLoop.make()
        var instants: [MonotonicInstant] = []
        var again: (() -> Void)?
        let target = Closure { again?() }
        again = {
            instants.append(loop.now)
            if instants.count == 4 { return loop.stop() }
            _ = loop.schedule(target, kind: 0, afterMilliseconds: 0)
        }
        _ = loop.schedule(target, kind: 0, afterMilliseconds: 0)
        loop.run()
        #expect(instants.count == 4 && instants == instants.sorted() && Set(instants).count == 4)
        again = nil
    }

    @Test("a timer that another cancels at the very moment both are due does not fire")
    func cancelledWhileDue() throws {
        let loop = try EventLoop.make()
        var timers: [EventLoop.Timer?] = [nil, nil]
        var fired: [Int] = []
        let targets = (0..<2).map { index in
            Closure {
                fired.append(index)
                loop.cancel(&timers[1 - index])
                loop.stop()
            }
        }
        for index in 0..<2 { timers[index] = loop.schedule(targets[index], kind: 0, afterMilliseconds: 5) }
        loop.run()
        loop.defer { loop.stop() }
        loop.run()
        #expect(fired.count == 1)
    }

    @Test("a timer keeps its target until it fires, is cancelled, or the loop ends", arguments: 0..<3)
    func targets(end: Int) throws {
        let loop = try EventLoop.make()
        weak var observed: Closure?
        var timer: EventLoop.Timer?
        do {
            let target = Closure { loop.stop() }
            timer = loop.schedule(target, kind: 0, afterMilliseconds: 1)
            observed = target
        }
        #expect(observed != nil)
        switch end {
        case 0: loop.run()
        case 1: loop.cancel(&timer)
        default: loop.end()
        }
        #expect(observed == nil)
    }
}
