import CloudEvents
import Core

/// Answers a PingRequest with the time at which it was received.
public enum PingListener {
    public static let service = "ping-listener"
    public static let requestType = "PingRequest"
    public static let answerType = "PingResponse"

    /// `data`: `receivedat`, RFC 3339 with microseconds in UTC, and the request's own data, if any, as `request`.
    /// - Throws: if that data is nested as deeply as JSON may be here, so that no more can be put around it.
    public static func answer(
        to event: Event, receivedWallNanoseconds: UInt64 = SystemClock.wallNanoseconds()
    ) throws(EventError) -> Event {
        var data: [UInt8] = []
        event.withValue(.data) { data.reserveCapacity($0.count + 64) }
        data.append("{\"receivedat\":\"")
        RFC3339.append(wallNanoseconds: receivedWallNanoseconds, to: &data)
        data.append(0x22)
        event.withValue(.data) { request in
            data.append(",\"request\":")
            data.append(bytes: request)
        }
        data.append(0x7D)
        return try event.answer(type: answerType, source: "/\(service)", data: data)
    }
}
