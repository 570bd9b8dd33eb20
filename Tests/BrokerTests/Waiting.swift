import Core
import Glibc

/// Whether the condition comes true within the time, looking every 2 ms.
func eventually(seconds: Double = 20, _ condition: () -> Bool) -> Bool {
    let end = SystemClock.monotonic().advanced(byMilliseconds: UInt64(seconds * 1000))
    while !condition() {
        if SystemClock.monotonic() >= end { return condition() }
        usleep(2000)
    }
    return true
}

/// For what must not happen: time for it to happen all the same.
func settle(milliseconds: UInt32 = 200) { usleep(milliseconds * 1000) }

func secondsFromNow(_ seconds: UInt64) -> MonotonicInstant {
    SystemClock.monotonic().advanced(byMilliseconds: seconds * 1000)
}
