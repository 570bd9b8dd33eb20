import Glibc

/// How text is emphasised: with colours on a terminal that wants them, not at all elsewhere.
struct TextStyle {
    let usesColour: Bool

    /// https://no-color.org: any value but an empty one means no.
    init(isTerminal: Bool, environment: [String: String]) {
        usesColour = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    enum Emphasis {
        case faint, strong, error, warning
        case service(Int)
    }

    /// Of services, in turn: those that can be told from each other, and from errors, on dark and on light.
    private static let serviceColours = [36, 35, 34, 32, 33, 96, 95, 94]

    func apply(_ emphasis: Emphasis, _ text: String) -> String {
        guard usesColour, !text.isEmpty else { return text }
        let code =
            switch emphasis {
            case .faint: 2
            case .strong: 1
            case .error: 31
            case .warning: 33
            case .service(let number): Self.serviceColours[number % Self.serviceColours.count]
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
