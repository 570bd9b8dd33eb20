/// What a run is told.
struct Options {
    struct Wrong: Error { let reason: String }

    static let usage = """
        usage: benchmarks [--quick] [--rounds N] [--milliseconds N] [--filter TEXT] [--json] [--list]

        Measures the parts of the gateway on one core: nanoseconds, allocations and allocated bytes per operation.

          --quick            short rounds, for checks: what works, and what allocates. Its times mean little
          --rounds N         so many rounds of each benchmark, in turns (11)
          --milliseconds N   so long is a round, or twice as long at most (20)
          --filter TEXT      only those whose names contain the text
          --json             JSON on standard output instead of a table
          --list             names and operations, and nothing is run

        The last line on standard error is `N passed, N failed`: each benchmark is a check that it takes time, and that what
        is claimed to allocate nothing does not; another is that allocations are counted at all. Status 1 if one failed.

        """

    var rounds = 11
    var milliseconds: UInt64 = 20
    var filter = ""
    var isJSON = false
    var isList = false
    var isHelp = false

    init(_ arguments: [String]) throws(Wrong) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick":
                rounds = 3
                milliseconds = 1
            case "--rounds": rounds = Int(try Self.number(argument, &rest))
            case "--milliseconds": milliseconds = try Self.number(argument, &rest)
            case "--filter":
                guard let text = rest.popFirst() else { throw Wrong(reason: "--filter wants a text") }
                filter = text
            case "--json": isJSON = true
            case "--list": isList = true
            case "--help", "-h": isHelp = true
            default: throw Wrong(reason: "\(argument) is no option")
            }
        }
    }

    private static func number(_ name: String, _ rest: inout ArraySlice<String>) throws(Wrong) -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text), (1...10_000).contains(number) else {
            throw Wrong(reason: "\(name) wants a number from 1 to 10000")
        }
        return number
    }
}
