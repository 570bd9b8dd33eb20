/// What a program is to do with its command line.
public enum ConfigurationOutcome: Sendable {
    case run(Configuration)
    /// Say whether the program could run so, and end.
    case check(Configuration)
    /// Print and end. `isError`: on standard error.
    case exit(code: Int32, text: String, isError: Bool)
}
