import CCurl
import Core

/// One HTTP request that its caller waits for.
public final class BlockingRequest {
    private let transfer = Transfer()

    /// Kept and used again, it keeps its connection.
    public init(policy: ConnectionPolicy = ConnectionPolicy()) { policy.apply(to: transfer.easy) }

    public func perform(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        transfer.prepare(request) { _ in }
        return try transfer.finish(curl_easy_perform(transfer.easy)).1.get()
    }
}
