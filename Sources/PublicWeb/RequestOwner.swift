import Core
import Sessions

/// Whose accepted requests they are: a session's, or those of an HTTP request without one. On its loop's thread.
protocol RequestOwner: AnyObject {
    /// Its requests that have no answer yet.
    var pending: PendingRequests.List { get set }
    /// What its events carry as `correlationid`, unless they have one and may keep it.
    var correlationID: CorrelationID { get }
    /// Goes into the return address, and names it in the table of requests.
    var handle: UInt64 { get }
}

extension Session: RequestOwner {}
