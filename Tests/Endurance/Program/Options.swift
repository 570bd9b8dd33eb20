/// What a run is told. Numbers, all of them.
struct Options {
    struct Wrong: Error, CustomStringConvertible { let description: String }

    private var values: [String: Double] = [
        "port": 8080, "second-port": 0, "sessions": 1000, "seconds": 60, "rate": 1, "cut-seconds": 4, "seed": 1,
    ]

    init(_ arguments: [String]) throws {
        guard arguments.count % 2 == 0 else { throw Wrong(description: "every option wants a value") }
        for at in stride(from: 0, to: arguments.count, by: 2) {
            let name = String(arguments[at].dropFirst(2))
            guard values[name] != nil, let value = Double(arguments[at + 1]) else {
                throw Wrong(description: "\(arguments[at]) \(arguments[at + 1])")
            }
            values[name] = value
        }
    }

    private subscript(name: String) -> Double { values[name] ?? 0 }

    var port: UInt16 { UInt16(self["port"]) }
    /// Of the instance that takes over.
    var secondPort: UInt16 { UInt16(self["second-port"]) }
    var sessions: Int { Int(self["sessions"]) }
    var seconds: Double { self["seconds"] }
    /// Pings a second of each session.
    var rate: Double { self["rate"] }
    /// Between two cuts of a connection, on average.
    var cutSeconds: Double { self["cut-seconds"] }
    var seed: UInt64 { UInt64(self["seed"]) }
}
