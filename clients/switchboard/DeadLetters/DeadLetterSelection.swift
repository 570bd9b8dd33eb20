/// Which dead letters are meant: those that fit all that is given.
struct DeadLetterSelection: Equatable {
    /// Empty: any.
    var ids: [String] = []
    var type: String?
    var reason: String?
    var session: String?

    func contains(_ letter: DeadLetter) -> Bool {
        if let type, letter.type != type { return false }
        if let reason, letter.death?.reason != reason { return false }
        if let session, letter.session != session { return false }
        return ids.isEmpty || ids.contains { letter.has(id: $0) }
    }

    /// As a question names it.
    var description: String {
        var words = ids.isEmpty ? "all dead letters" : "the dead letters with the id " + ids.joined(separator: ", ")
        if let type { words += " of the type \(type)" }
        if let reason { words += " that died of \(reason)" }
        if let session { words += " of the session \(session)" }
        return Printable.text(words)
    }
}
