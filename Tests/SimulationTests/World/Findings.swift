/// What a world reached, and the first property that did not hold.
final class Findings {
    private(set) var violation: String?
    private(set) var counts = [Int](repeating: 0, count: Reached.allCases.count)
    /// Is given what happens, line by line.
    let trace: ((String) -> Void)?

    init(trace: ((String) -> Void)?) { self.trace = trace }

    func reach(_ reached: Reached) { counts[reached.rawValue] += 1 }

    func expect(_ holds: Bool, _ message: @autoclosure () -> String) {
        guard !holds, violation == nil else { return }
        violation = message()
        trace?("VIOLATED: \(message())")
    }

    func tell(_ line: @autoclosure () -> String) {
        if let trace { trace(line()) }
    }
}
