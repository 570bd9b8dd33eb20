/// Why there is no link; the text is for people.
struct LinkFailure: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
