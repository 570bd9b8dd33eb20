#if DEBUG || FUZZING
    @testable import HTTPClient

    /// Keeps requests to the dispatcher until it is asked for them.
    final class HeldRequests: RequestTransport {
        struct Held {
            let number: UInt64
            let request: ClientRequest
            let completion: (Result<ClientResponse, ClientError>) -> Void
        }

        private var held: [Held] = []
        private var count: UInt64 = 0

        func send(
            _ request: ClientRequest, completion: @escaping (Result<ClientResponse, ClientError>) -> Void
        ) -> HTTPTransport.Sent {
            count += 1
            held.append(Held(number: count, request: request, completion: completion))
            return HTTPTransport.Sent(easy: nil, number: count)
        }

        func abandon(_ sent: HTTPTransport.Sent) { held.removeAll { $0.number == sent.number } }

        func replace(policy: ConnectionPolicy) {}

        func take() -> [Held] {
            defer { held = [] }
            return held
        }
    }
#endif
