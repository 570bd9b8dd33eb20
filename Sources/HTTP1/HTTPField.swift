/// Where a header field stands in its head: offsets and counts in bytes.
struct HTTPField: Sendable {
    let name: Range<Int32>
    let value: Range<Int32>
}
