import Core
import Glibc

/// Standard output and error, unbuffered.
public enum StandardStreams {
    public static func write(_ text: String, toError: Bool) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(toError ? STDERR_FILENO : STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// For what nobody has to have: lost if standard output does not take it at once.
    public static func offer(_ text: String) { _ = OutputLine.offer(Array(text.utf8), to: STDOUT_FILENO) }
}
