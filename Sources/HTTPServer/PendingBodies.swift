import Core
import Telemetry

/// The request bodies of a server that did not come in one piece: how much of them is there, and whose is the oldest. When
/// all together are too much the oldest goes, so that who sends slowly can keep out nobody.
///
/// It belongs to its loop's thread.
struct PendingBodies {
    private let bytesMax: Int
    private let gauge: Gauge
    private(set) var bytes = 0
    private var count = 0
    private var queue = FIFO<(connection: HTTPConnection, serial: UInt64)>()

    init(bytesMax: Int, gauge: Gauge) {
        self.bytesMax = bytesMax
        self.gauge = gauge
    }

    /// With those that are not on their way any more.
    var queued: Int { queue.count }
    var isOver: Bool { bytes > bytesMax }

    mutating func begin(_ connection: HTTPConnection, serial: UInt64, bytes: Int) {
        count += 1
        add(bytes)
        queue.append((connection, serial))
        if queue.count > 2 * count + 64 { queue.removeAll { !$0.connection.isSendingBody($0.serial) } }
    }

    mutating func add(_ count: Int) {
        bytes += count
        gauge.add(Int64(count))
    }

    mutating func end(bytes: Int) {
        count -= 1
        add(-bytes)
        // Its connections would keep their server.
        if count == 0 { queue = FIFO() }
    }

    mutating func popOldest() -> HTTPConnection? {
        while let (connection, serial) = queue.popFirst() {
            if connection.isSendingBody(serial) { return connection }
        }
        return nil
    }
}
