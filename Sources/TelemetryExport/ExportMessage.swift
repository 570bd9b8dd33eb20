/// What the process tells the exporter's thread.
enum ExportMessage: Sendable {
    /// A batch is full, or there is a new source.
    case look
    /// Flush, for so many milliseconds at most, and end.
    case stop(milliseconds: Int)
}
