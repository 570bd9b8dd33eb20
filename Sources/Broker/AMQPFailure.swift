/// Why a connection ended or never was. Every failure ends its connection; another is made.
struct AMQPFailure: Error {
    let kind: BrokerDiagnostic.Kind
    let text: String

    init(_ kind: BrokerDiagnostic.Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
