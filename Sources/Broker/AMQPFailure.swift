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

    /// What a message that the broker closes a channel for comes to; nil if it need not be the message.
    var refusal: PublishOutcome? {
        guard kind == .channelClosed else { return nil }
        switch code {
        // NOT_FOUND: there is no such exchange.
        case 404: return .unroutable
        // CONTENT_TOO_LARGE, ACCESS_REFUSED, PRECONDITION_FAILED: RabbitMQ answers that to messages over its limit.
        case 311, 403, 406: return .rejected
        default: return nil
        }
    }
}
