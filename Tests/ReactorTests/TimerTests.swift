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
}
