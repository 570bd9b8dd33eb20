import Tokens

/// How clients say who they are.
struct ClientAuthentication: Sendable {
    enum Source: Sendable {
        case keys(TokenKeys)
        case url(String)
        /// Nobody comes by a token.
        case none
    }

    /// What can't change while the process runs.
    enum Kind: Equatable {
        case keys
        case url(String)
        case none
    }

    var source: Source
    var rules: TokenRules
    /// Who has no token is whom its certificate is for, which the public listener has found to be good.
    var takesCertificates = false
    /// Who may sign the URL's certificate, PEM; nil: the authorities of the system.
    var authorities: [UInt8]?
    /// How often the keys are fetched.
    var refreshMilliseconds: UInt64 = 300_000
    /// Between two fetches at least, whoever asks for them.
    var refreshPauseMilliseconds: UInt64 = 10_000

    var takesTokens: Bool { kind != .none }

    var kind: Kind {
        switch source {
        case .keys: .keys
        case .url(let url): .url(url)
        case .none: .none
        }
    }
}
