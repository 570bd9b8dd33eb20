import CloudEvents
import Core
import Glibc

/// Makes the service crash on marked events, so that what a crash does can be seen and tested.
public struct CrashSwitch: Sendable {
    /// The environment variable that holds the mark. Without it nothing ever crashes.
    public static let variable = "PING_LISTENER_CRASH_ON"

    private let mark: [UInt8]

    /// Nil unless the variable is set.
    public init?() {
        guard let mark = getenv(Self.variable) else { return nil }
        self.init(mark: String(cString: mark))
    }

    /// Nil if the mark is empty.
    init?(mark: String) {
        if mark.isEmpty { return nil }
        self.mark = Array(mark.utf8)
    }

    /// Kills the process, as `kill -9` would, if the mark stands anywhere in the event's JSON.
    public func receive(_ event: Event) {
        if isMarked(event) { kill(getpid(), SIGKILL) }
    }

    func isMarked(_ event: Event) -> Bool {
        event.bytes.indices.dropLast(mark.count - 1).contains { event.bytes[$0...].starts(with: mark) }
    }
}
