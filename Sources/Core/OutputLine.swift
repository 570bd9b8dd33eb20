import CLinux

/// A line for whoever reads a descriptor, if somebody does. A pipe or terminal whose reader stands still must not hold up
/// the thread that has something to say.
public enum OutputLine {
    /// - Returns: false if there was no room for all of it, the disk is full, or nobody reads; then it is lost. Not to be
    ///   called by two threads for one descriptor at the same time: both might find the same room.
    public static func offer(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        bytes.withUnsafeBytes { clinux_write_without_waiting(descriptor, $0.baseAddress, $0.count) }
    }
}
