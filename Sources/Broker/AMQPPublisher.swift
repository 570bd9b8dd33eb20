import Core

/// The publishing thread of an `AMQPBroker`: it connects, sends what was posted, and reads the confirms.
final class AMQPPublisher {
    private let control: AMQPControl
    private let channel: Mutex<PublishChannel>
    private let wake: WakeSignal

    init(control: AMQPControl, channel: Mutex<PublishChannel>, wake: WakeSignal) {
        self.control = control
        self.channel = channel
        self.wake = wake
    }

    func run() {
        var delay = control.makeReconnectDelay()
        control.report(.publisher, .connecting)
        while control.phase != .finishing {
            var isConnected = false
            do throws(AMQPFailure) {
                let link = try control.open(.publisher)
                try link.selectConfirms()
                isConnected = true
                control.reportConnected(.publisher)
                delay.reset()
                try serve(link)
                link.close()
            } catch {
                control.reportFailure(.publisher, error, wasConnected: isConnected)
                channel.withLock { $0.takeBackUnconfirmed(error) }
                awaitRetry(milliseconds: delay.nextMilliseconds())
            }
        }
        channel.withLock { $0.giveUpAll() }
    }

    private func awaitRetry(milliseconds: Int) {
        let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(milliseconds))
        while control.phase != .finishing {
            let now = SystemClock.monotonic()
            channel.withLock { $0.sweepUnconnected(now: now) }
            if now >= end { return }
            let rest = Int(truncatingIfNeeded: end.milliseconds(since: now)) + 1
            AMQPControl.sleep(wake, link: nil, milliseconds: min(rest, PublishChannel.sweepMilliseconds))
        }
    }

    private func serve(_ link: AMQPLink) throws(AMQPFailure) {
        channel.withLock { $0.attach(link) }
        while true {
            switch try channel.withLock({ channel throws(AMQPFailure) in try channel.turn() }) {
            case .goOn: continue
            case .sleep(let milliseconds): AMQPControl.sleep(wake, link: link, milliseconds: milliseconds)
            case .end:
                channel.withLock { $0.detach() }
                return
            }
        }
    }
}
