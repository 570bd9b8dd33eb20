/// A connection's end, for people.
enum CloseText {
    static func of(code: UInt16?, reason: String) -> String {
        guard let code else { return "the gateway closed the connection without a code" }
        let said = reason.isEmpty ? "" : ", saying `\(Printable.text(reason))`"
        return "the gateway closed the connection with \(code) (\(meaning(of: code)))" + said
    }

    private static func meaning(of code: UInt16) -> String {
        switch code {
        case 1000: "normal"
        case 1001: "it shuts down; try again shortly"
        case 1002: "protocol error"
        case 1003: "unsupported data"
        case 1007: "invalid text"
        case 1008: "policy"
        case 1009: "message too big"
        case 1011: "internal error"
        case 1012: "it restarts; try again shortly"
        case 1013: "overloaded; try again later"
        case 4001: "the session was taken over by a newer connection"
        case 4003: "the token has expired"
        case 4008: "this client read too slowly"
        case 4029: "too many requests"
        default: "no meaning agreed"
        }
    }
}
