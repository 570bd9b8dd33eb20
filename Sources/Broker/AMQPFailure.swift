/// Why a connection ended or never was. Every failure ends its connection; another is made.
struct AMQPFailure: Error {
    let kind: BrokerDiagnostic.Kind
    let text: String
    /// The broker's reply code (AMQP 0-9-1 §1.1), of a channel that it closed.
    let code: UInt16?

    init(_ kind: BrokerDiagnostic.Kind, _ text: String, code: UInt16? = nil) {
        self.kind = kind
        self.text = text
        self.code = code
    }

    /// Whether it is so with whatever goes to that exchange.
    var isOfExchange: Bool { kind == .channelClosed && (code == 403 || code == 404) }

    /// What a message that the broker closes a channel for comes to; nil if it need not be the message.
    var refusal: PublishOutcome? {
        guard kind == .channelClosed else { return nil }
        switch code {
        // NOT_FOUND: there is no such exchange.
        case 404: return .unroutable
        // ACCESS_REFUSED: publishing to the exchange is not permitted. PRECONDITION_FAILED: what RabbitMQ says of a message
        // over its limit; CONTENT_TOO_LARGE is what the protocol has for it.
        case 311, 403, 406: return .refused
        default: return nil
        }
    }
}
