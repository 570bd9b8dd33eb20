/// What became of the events of one POST.
public enum PostOutcome: Sendable {
    /// The destination answered, with a status below 500 other than 409.
    case answered(ClientResponse)
    /// It could not be reached, or failed, until the events' time was over.
    case unavailable(String)
}
