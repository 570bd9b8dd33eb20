import CloudEvents
import Core
import Sessions

/// Something that waits for answers: a WebSocket session or an HTTP exchange. On its loop's thread.
protocol ReplySink: AnyObject {
    var correlationID: [UInt8] { get }
    /// - Parameter correlationID: an event's, raw as in its JSON.
    func owns(correlationID: UnsafeRawBufferPointer?) -> Bool
    /// Its accepted requests that have no answer yet.
    var pending: PendingRequests.List { get set }
    /// An answer or a push: a whole event in JSON. Nil if it was taken.
    func deliver(_ bytes: UnsafeRawBufferPointer, _ envelope: EventEnvelope) -> Problem?
    /// The one error that ends an accepted request. - Parameter id: the request's id, decoded.
    func fail(id: [UInt8], _ problem: Problem)
}
