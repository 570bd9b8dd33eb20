import CLinux
import Glibc

/// Starts a named POSIX thread. Foundation's would pull in all of Foundation.
public final class Thread: @unchecked Sendable {
    // Sendable: `handle` is written before `init` returns and read only by `join`.
    private var handle = pthread_t()
    private let isJoined = Mutex(false)

    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// - Parameter name: at most 15 bytes, as `top -H` shows it.
    public init(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let context = Unmanaged.passRetained(Body(name: name, run: run)).toOpaque()
        let status = pthread_create(&handle, nil, Self.entry, context)
        if status != 0 {
            Unmanaged<Body>.fromOpaque(context).release()
            throw SystemError(operation: "pthread_create", code: status)
        }
    }

    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        clinux_name_thread(body.name)
        body.run()
        return nil
    }

    /// Waits until it has ended. Not on itself.
    public func join() {
        isJoined.withLock { isJoined in
            // A second time would be undefined.
            if !isJoined { pthread_join(handle, nil) }
            isJoined = true
        }
    }

    /// Signals go to other threads than the calling one.
    public static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
