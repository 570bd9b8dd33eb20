/// Takes down how long each request took, as a whole and by section.
struct LoadRecorder {
    var window = LoadWindow.never
    var sectioning = Sectioning.whole
    /// When the load began, warm-up included.
    var began: UInt64 = 0
    private(set) var sections: [LoadSection] = []
    /// Since the last progress line; warm-up included.
    private(set) var recent = LatencyHistogram()

    mutating func begin(_ sectioning: Sectioning, window: LoadWindow, at instant: UInt64) {
        self.sectioning = sectioning
        self.window = window
        began = instant
        sections = sectioning.sections(measuredSeconds: window.seconds)
    }

    /// - Returns: whether it was due in the measured time.
    @discardableResult
    mutating func record(intended: UInt64, now: UInt64, isSlow: Bool, sessions: Int) -> Bool {
        let nanoseconds = now - min(intended, now)
        recent.record(nanoseconds)
        guard let index = section(intended, isSlow) else { return false }
        sections[index].latency.record(nanoseconds)
        if sessions > sections[index].sessions { sections[index].sessions = sessions }
        return true
    }

    mutating func recordError(intended: UInt64, isSlow: Bool) {
        if let index = section(intended, isSlow) { sections[index].errors += 1 }
    }

    private func section(_ intended: UInt64, _ isSlow: Bool) -> Int? {
        guard window.contains(intended), !sections.isEmpty else { return nil }
        return min(
            sectioning.index(intended: intended, window: window, began: began, isSlow: isSlow), sections.count - 1)
    }

    mutating func takeRecent() -> LatencyHistogram {
        let taken = recent
        recent.removeAll()
        return taken
    }

    var total: LatencyHistogram {
        var total = LatencyHistogram()
        for section in sections { total.merge(section.latency) }
        return total
    }
}
