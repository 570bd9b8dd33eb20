import Core

/// An event of a dispatched batch that nobody took, by its position in that batch.
struct DispatchRefusal: Sendable {
    let index: Int
    let problem: Problem
}
