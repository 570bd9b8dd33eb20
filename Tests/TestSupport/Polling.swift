import Glibc

/// Waiting for what happens on other threads.
public enum Polling {
    /// Asks every 2 ms. - Returns: whether it came true within the time.
    @discardableResult
    public static func until(milliseconds: Int = 10_000, _ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<milliseconds / 2 {
            if try condition() { return true }
            usleep(2000)
        }
        return try condition()
    }
}
