/// What takes requests to other tiers. On its loop's thread.
public protocol RequestTransport: AnyObject {
    /// - Parameter completion: called once, on the loop's thread, and never within this call.
    @discardableResult
    func send(
        _ request: ClientRequest, completion: @escaping (Result<ClientResponse, ClientError>) -> Void
    ) -> HTTPTransport.Sent

    /// Ends a request; its completion is not called any more. Nothing happens if it has been.
    func abandon(_ sent: HTTPTransport.Sent)

    /// For requests from now on; those under way go on as they began.
    func replace(policy: ConnectionPolicy)
}
