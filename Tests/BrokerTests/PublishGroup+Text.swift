import Broker
import Core

extension PublishGroup {
    /// Events given as text.
    init(
        _ route: BrokerRoute, _ events: String..., expirationMilliseconds: UInt32? = nil,
        metadata: EventMetadata? = nil,
        deadlineSeconds: UInt64 = 30
    ) {
        var bytes: [UInt8] = []
        var ends: [Int32] = []
        for event in events {
            if !bytes.isEmpty { bytes.append(0x2C) }
            bytes.append(utf8: event)
            ends.append(Int32(bytes.count))
        }
        self.init(
            route: route, events: bytes, ends: ends, expirationMilliseconds: expirationMilliseconds, metadata: metadata,
            deadline: secondsFromNow(deadlineSeconds))
    }
}
