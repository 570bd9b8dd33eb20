/// The measured time, on the monotonic clock in nanoseconds.
struct LoadWindow: Equatable {
    var start: UInt64
    var end: UInt64

    /// Nothing is measured yet.
    static let never = LoadWindow(start: .max, end: .max)

    func contains(_ instant: UInt64) -> Bool { instant >= start && instant < end }
    var seconds: Double { end > start ? Double(end - start) / 1e9 : 0 }
}
