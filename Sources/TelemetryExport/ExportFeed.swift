/// What an export lane takes its requests from. On the exporter's thread.
protocol ExportFeed: AnyObject {
    /// A request's body and how many items are in it; nil if there are none. They are to be settled.
    func next() -> (body: [UInt8], count: Int)?
    func settle(exported: Int, dropped: Int)
    /// Whether so much waits that it should not wait longer.
    var isBatchFull: Bool { get }
    /// All that were lost so far.
    var dropped: UInt64 { get }
}
