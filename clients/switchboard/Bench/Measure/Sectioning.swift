/// To which section a request belongs, by when it was due and by its session.
enum Sectioning: Equatable {
    case whole
    /// So many, of equal length.
    case steps(Int)
    case bursts
    case slowSessions
    /// Before and after an instant.
    case cut(at: UInt64)

    static let stepsMax = 10

    func sections(measuredSeconds: Double) -> [LoadSection] {
        switch self {
        case .whole: [LoadSection("all")]
        case .steps(let count):
            (0..<count).map { step in
                let seconds = measuredSeconds / Double(count)
                let (from, to) = (seconds * Double(step), seconds * Double(step + 1))
                return LoadSection("\(Decimals.tenths(from)) to \(Decimals.tenths(to)) s", seconds: seconds)
            }
        case .bursts: [LoadSection("between bursts"), LoadSection("in bursts")]
        case .slowSessions: [LoadSection("others"), LoadSection("slow consumers")]
        case .cut: [LoadSection("before the cut"), LoadSection("since the cut")]
        }
    }

    /// - Parameters:
    ///   - intended: within the measured time.
    ///   - began: the load, of which the schedule counts.
    func index(intended: UInt64, window: LoadWindow, began: UInt64, isSlow: Bool) -> Int {
        switch self {
        case .whole: return 0
        case .steps(let count):
            let share = Double(intended - window.start) / Double(max(window.end - window.start, 1))
            return min(Int(share * Double(count)), count - 1)
        case .bursts: return RateProfile.isInBurst(seconds: Double(intended - min(began, intended)) / 1e9) ? 1 : 0
        case .slowSessions: return isSlow ? 1 : 0
        case .cut(let at): return intended < at ? 0 : 1
        }
    }
}
