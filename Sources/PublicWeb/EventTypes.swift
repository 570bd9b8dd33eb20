import Core

/// Event types that somebody may send: exact ones, and with `*` at the end those that begin so.
struct EventTypes: Equatable, Sendable {
    static let all = EventTypes(["*"])

    private let exact: Set<[UInt8]>
    private let prefixes: [[UInt8]]

    init(_ patterns: [String]) {
        exact = Set(patterns.filter { !$0.hasSuffix("*") }.map { Array($0.utf8) })
        prefixes = patterns.filter { $0.hasSuffix("*") }.map { Array($0.utf8.dropLast()) }
    }

    func contains(_ type: UnsafeRawBufferPointer) -> Bool {
        prefixes.contains { type.starts(with: $0) } || !exact.isEmpty && exact.contains(Array(type))
    }
}
