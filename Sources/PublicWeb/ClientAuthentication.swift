import Tokens

/// How clients say who they are.
struct ClientAuthentication: Sendable {
    enum Source: Sendable {
        case keys(TokenKeys)
        case url(String)
    }

    var source: Source
    var rules: TokenRules
    /// How often the keys are fetched.
    var refreshMilliseconds: UInt64 = 300_000
    /// Between two fetches at least, whoever asks for them.
    var refreshPauseMilliseconds: UInt64 = 10_000
}
