/// Bytes on their way: in at the back, out at the front.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    var count: Int { bytes.count - head }
    var isEmpty: Bool { head == bytes.count }

    mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Lets a writer append in place.
    mutating func write(_ body: (inout [UInt8]) -> Void) { body(&bytes) }

    mutating func take(_ wanted: Int) -> [UInt8] {
        let end = head + min(wanted, count)
        let taken = Array(bytes[head..<end])
        head = end
        if head == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096 {
            bytes.removeFirst(head)
            head = 0
        }
        return taken
    }

    /// What is behind the first so many bytes is lost.
    mutating func truncate(to kept: Int) { bytes.removeLast(max(count - kept, 0)) }
}
