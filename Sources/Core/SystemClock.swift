import CLinux

/// The machine's clocks. Sans-I/O code takes instants as parameters instead of reading them here.
public enum SystemClock {
    public static func monotonic() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: clinux_monotonic_nanoseconds())
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public static func wallNanoseconds() -> UInt64 { clinux_realtime_nanoseconds() }
}
