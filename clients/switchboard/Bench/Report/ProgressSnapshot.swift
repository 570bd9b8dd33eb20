/// How a load goes at the moment.
struct ProgressSnapshot {
    let phase: LoadEngine.Phase
    let elapsedSeconds: Double
    /// Since the line before.
    let recent: LatencyHistogram
    var recentSeconds = 1.0
    let sessions: Int
    let sessionsWanted: Int
    let errors: UInt64

    var text: String {
        let time = "\(Int(elapsedSeconds.rounded())) s"
        let open = "\(sessions)/\(sessionsWanted) sessions"
        switch phase {
        case .opening: return "\(time)  opening: \(open)"
        case .leaving, .over: return "\(time)  closing"
        case .loading, .draining: break
        }
        let errors = "\(errors) \(errors == 1 ? "error" : "errors")"
        guard recent.count > 0 else {
            return "\(time)  \(phase == .draining ? "waiting for the last answers" : "no answers")  \(errors)  \(open)"
        }
        let rate = Decimals.significant(Double(recent.count) / max(recentSeconds, 0.001))
        let (p50, p99) = (recent.quantile(0.5), recent.quantile(0.99))
        return "\(time)  \(rate)/s  p50 \(Decimals.latency(nanoseconds: p50))  "
            + "p99 \(Decimals.latency(nanoseconds: p99))  \(errors)  \(open)"
    }
}
