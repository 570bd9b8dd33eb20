/// How far the clocks of a trace's hosts must be moved, so that nothing begins before what caused it.
///
/// One shift for each clock, against that of the trace's first span. What is known are the edges of the tree between two
/// clocks: a child does not begin before its parent begins, and what a SERVER does lies within the call of its CLIENT. So
/// the edges bound the shift from both sides. A clock that fits as it is stays as it is; else it is moved to the middle of
/// what is possible, which for a single call centres the child in its parent, as Jaeger does. Where a server took longer
/// than its client waited, only the beginnings count.
struct ClockShifts {
    /// Of a parent and a child whose times are of different clocks.
    private struct Edge {
        let parent: Int
        let child: Int
        let isCall: Bool
    }

    private struct Bounds {
        var low: Int64?
        var high: Int64?

        mutating func raise(_ value: Int64) { low = max(low ?? value, value) }
        mutating func lower(_ value: Int64) { high = min(high ?? value, value) }
    }

    /// By the number of the clock, in nanoseconds, to be added.
    private(set) var shifts: [Int64]
    /// Of each span.
    let clocks: [Int]
    let names: [String]

    /// - Parameters:
    ///   - parents: of each span, by index; nil without one.
    ///   - first: the span whose clock is the measure.
    init(_ spans: [RecordedSpan], parents: [Int?], first: Int?) {
        var numbers: [String: Int] = [:]
        var names: [String] = []
        clocks = spans.map { span in
            if let number = numbers[span.resource.clock] { return number }
            numbers[span.resource.clock] = names.count
            names.append(span.resource.clock)
            return names.count - 1
        }
        self.names = names
        shifts = Array(repeating: 0, count: names.count)
        guard names.count > 1, let first else { return }
        var edges: [[Edge]] = Array(repeating: [], count: names.count)
        for (child, parent) in parents.enumerated() {
            guard let parent, clocks[parent] != clocks[child] else { continue }
            let isCall = spans[parent].kind == .client && spans[child].kind == .server
            let edge = Edge(parent: parent, child: child, isCall: isCall)
            edges[clocks[parent]].append(edge)
            edges[clocks[child]].append(edge)
        }
        place(from: clocks[first], spans, edges)
    }

    /// Clock by clock, from the first one outwards.
    private mutating func place(from first: Int, _ spans: [RecordedSpan], _ edges: [[Edge]]) {
        var isPlaced = Array(repeating: false, count: names.count)
        var isQueued = isPlaced
        var queue = [first]
        isQueued[first] = true
        var at = 0
        while at < queue.count {
            let clock = queue[at]
            at += 1
            if clock != first { shifts[clock] = shift(of: clock, spans, edges[clock], isPlaced) }
            isPlaced[clock] = true
            for edge in edges[clock] {
                for next in [clocks[edge.parent], clocks[edge.child]] where !isQueued[next] {
                    isQueued[next] = true
                    queue.append(next)
                }
            }
        }
    }

    private func shift(of clock: Int, _ spans: [RecordedSpan], _ edges: [Edge], _ isPlaced: [Bool]) -> Int64 {
        var begins = Bounds()
        var all = Bounds()
        for edge in edges {
            let (parent, child) = (spans[edge.parent], spans[edge.child])
            if clocks[edge.child] == clock, isPlaced[clocks[edge.parent]] {
                let least = start(edge.parent, parent).subtracting(start(edge.child, child))
                begins.raise(least)
                all.raise(least)
                if edge.isCall { all.lower(end(edge.parent, parent).subtracting(end(edge.child, child))) }
            } else if clocks[edge.parent] == clock, isPlaced[clocks[edge.child]] {
                let most = start(edge.child, child).subtracting(start(edge.parent, parent))
                begins.lower(most)
                all.lower(most)
                if edge.isCall { all.raise(end(edge.child, child).subtracting(end(edge.parent, parent))) }
            }
        }
        return Self.least(within: all) ?? Self.least(within: begins) ?? begins.low ?? 0
    }

    /// Nil if nothing is.
    private static func least(within bounds: Bounds) -> Int64? {
        let (low, high) = (bounds.low ?? .min, bounds.high ?? .max)
        guard low <= high else { return nil }
        if low <= 0, high >= 0 { return 0 }
        if let low = bounds.low, let high = bounds.high { return low.adding(high.subtracting(low) / 2) }
        return bounds.low ?? bounds.high
    }

    private func start(_ index: Int, _ span: RecordedSpan) -> Int64 {
        Int64(clamping: span.startNanoseconds).adding(shifts[clocks[index]])
    }

    private func end(_ index: Int, _ span: RecordedSpan) -> Int64 {
        Int64(clamping: span.endNanoseconds).adding(shifts[clocks[index]])
    }
}

/// Times are a sender's: arithmetic saturates.
extension Int64 {
    func adding(_ other: Int64) -> Int64 {
        let (sum, overflowed) = addingReportingOverflow(other)
        return overflowed ? (other < 0 ? .min : .max) : sum
    }

    func subtracting(_ other: Int64) -> Int64 {
        let (difference, overflowed) = subtractingReportingOverflow(other)
        return overflowed ? (other < 0 ? .max : .min) : difference
    }
}
