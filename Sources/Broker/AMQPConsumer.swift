import Core
import Dispatch

/// The consuming thread of an `AMQPBroker`: it connects, hands out what is delivered, and tells the broker what is settled.
final class AMQPConsumer {
    private let control: AMQPControl
    private let consumption: Consumption
    private let channel: Mutex<DeliveryChannel>
    private let wake: WakeSignal

    init(control: AMQPControl, consumption: Consumption, channel: Mutex<DeliveryChannel>, wake: WakeSignal) {
        self.control = control
        self.consumption = consumption
        self.channel = channel
        self.wake = wake
    }

    func run() {
        var delay = control.makeReconnectDelay()
        control.report(.consumer, .connecting)
        while control.phase != .finishing {
            var isConnected = false
            do throws(AMQPFailure) {
                let link = try control.open(.consumer)
                let isRunning = control.phase == .running
                try channel.withLock { channel throws(AMQPFailure) in
                    try channel.attach(link, isCancelled: !isRunning)
                }
                isConnected = true
                control.reportConnected(.consumer)
                delay.reset()
                try serve(link)
                channel.withLock { $0.detach() }
                link.close()
            } catch {
                control.reportFailure(.consumer, error, wasConnected: isConnected)
                channel.withLock { $0.detach() }
                awaitRetry(milliseconds: delay.nextMilliseconds())
            }
        }
    }

    private func awaitRetry(milliseconds: Int) {
        let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(milliseconds))
        while control.phase != .finishing {
            channel.withLock { $0.dropSettlements() }
            let now = SystemClock.monotonic()
            if now >= end { return }
            let rest = Int(truncatingIfNeeded: end.milliseconds(since: now)) + 1
            AMQPControl.sleep(wake, link: nil, milliseconds: rest)
        }
    }

    private func serve(_ link: AMQPLink) throws(AMQPFailure) {
        // A handler may take longer than the broker waits for a sign of life.
        let heartbeat = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        let interval = DispatchTimeInterval.milliseconds(control.heartbeatPumpMilliseconds)
        heartbeat.schedule(deadline: .now() + interval, repeating: interval)
        // Whoever has the lock is at the link anyway.
        heartbeat.setEventHandler { [channel] in channel.withLockIfFree { $0.sendHeartbeat() } }
        heartbeat.resume()
        defer { heartbeat.cancel() }
        while true {
            // Its handler is called without the lock, so that it can settle.
            let step = try channel.withLock { channel throws(AMQPFailure) in try channel.turn() }
            switch step {
            case .end: return
            case .deliver(let messages): consumption.handler(messages)
            case .sleep:
                AMQPControl.sleep(wake, link: link, milliseconds: control.heartbeatPumpMilliseconds)
            }
        }
    }
}
