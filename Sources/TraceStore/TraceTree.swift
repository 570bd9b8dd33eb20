/// A trace put in order: its spans as a tree, with what happened in each, by time.
///
/// Times are nanoseconds since the earliest beginning, with the hosts' clocks put right by `clockShifts`; durations are as
/// they were recorded, by one clock each.
public struct TraceTree: Sendable {
    /// Why a span stands where it does.
    public enum Place: Sendable, Equatable {
        case root
        case child
        /// Its parent is not among the spans.
        case orphan(parent: UInt64)
        /// It is its own ancestor, by what its sender says.
        case circular
    }

    public enum Content: Sendable, Equatable {
        /// By the index in `spans`.
        case span(Int, Place)
        case event(span: Int, Int)
        /// By the index in `logs`.
        case log(Int)
    }

    /// A line of the drawing.
    public struct Row: Sendable, Equatable {
        public let content: Content
        /// 0 for a root; what happened in a span is a level below it.
        public let depth: Int
        /// The row of the span that this belongs to; nil for a root.
        public let parentRow: Int?
        /// Whether a further child span of the same parent follows.
        public internal(set) var isFollowed: Bool
        public let startNanoseconds: Int64
    }

    public let spans: [RecordedSpan]
    public let logs: [RecordedLog]
    public private(set) var rows: [Row] = []
    /// Logs of the trace that name no span of it, by index and with their times.
    public private(set) var stray: [(log: Int, startNanoseconds: Int64)] = []
    /// From the earliest beginning to the latest end, of spans.
    public private(set) var extentNanoseconds: Int64 = 0
    /// Since 1970, by the first span's clock.
    public private(set) var startNanoseconds: UInt64 = 0
    /// The clocks that were moved, and how far, in nanoseconds.
    public private(set) var clockShifts: [(clock: String, nanoseconds: Int64)] = []

    private struct Item {
        let content: Content
        let start: Int64
        let order: Int
    }

    public init(spans: [RecordedSpan], logs: [RecordedLog]) {
        self.spans = spans
        self.logs = logs
        var indexes: [UInt64: Int] = [:]
        for (index, span) in spans.enumerated() where indexes[span.spanID] == nil { indexes[span.spanID] = index }
        let parents = spans.indices.map { index -> Int? in
            let parent = spans[index].parentSpanID
            return parent == 0 ? nil : indexes[parent]
        }
        let first = spans.indices.min { Self.comesFirst(spans[$0], spans[$1]) }
        let shifts = ClockShifts(spans, parents: parents, first: first)
        let starts = spans.indices.map { index in
            Int64(clamping: spans[index].startNanoseconds).adding(shifts.shifts[shifts.clocks[index]])
        }
        let origin = starts.min() ?? logs.map { Int64(clamping: $0.nanoseconds) }.min() ?? 0
        let latest = spans.indices.map { starts[$0].adding(Int64(clamping: spans[$0].durationNanoseconds)) }.max()
        extentNanoseconds = (latest ?? origin).subtracting(origin)
        startNanoseconds = UInt64(clamping: origin)
        clockShifts = zip(shifts.names, shifts.shifts).filter { $0.1 != 0 }.map { (clock: $0.0, nanoseconds: $0.1) }

        var roots: [Item] = []
        var below: [[Item]] = Array(repeating: [], count: spans.count)
        for index in spans.indices {
            let place: Place =
                spans[index].parentSpanID == 0
                ? .root : parents[index] == nil ? .orphan(parent: spans[index].parentSpanID) : .child
            let item = Item(content: .span(index, place), start: starts[index].subtracting(origin), order: 2)
            if let parent = parents[index] { below[parent].append(item) } else { roots.append(item) }
            let shift = shifts.shifts[shifts.clocks[index]]
            for (number, event) in spans[index].events.enumerated() {
                let at = Int64(clamping: event.nanoseconds).adding(shift).subtracting(origin)
                below[index].append(Item(content: .event(span: index, number), start: at, order: 0))
            }
        }
        let shiftsByName = Dictionary(zip(shifts.names, shifts.shifts)) { first, _ in first }
        for (index, log) in logs.enumerated() {
            let shift = shiftsByName[log.resource.clock] ?? 0
            let at = Int64(clamping: log.nanoseconds).adding(shift).subtracting(origin)
            if log.spanID != 0, let span = indexes[log.spanID] {
                below[span].append(Item(content: .log(index), start: at, order: 1))
            } else {
                stray.append((index, at))
            }
        }
        stray.sort { $0.startNanoseconds < $1.startNanoseconds }
        walk(roots, below, starts: starts.map { $0.subtracting(origin) })
    }

    /// A root before any other, then the earlier.
    private static func comesFirst(_ left: RecordedSpan, _ right: RecordedSpan) -> Bool {
        if (left.parentSpanID == 0) != (right.parentSpanID == 0) { return left.parentSpanID == 0 }
        return left.startNanoseconds < right.startNanoseconds
    }

    private static func sorted(_ items: [Item]) -> [Item] {
        items.enumerated().sorted {
            ($0.element.start, $0.element.order, $0.offset) < ($1.element.start, $1.element.order, $1.offset)
        }.map(\.element)
    }

    /// Depth first, without recursion: how deep a tree is, is up to its sender.
    private mutating func walk(_ roots: [Item], _ below: [[Item]], starts: [Int64]) {
        var isShown = Array(repeating: false, count: spans.count)
        show(Self.sorted(roots), below, &isShown)
        // Who is not below a root is in a circle, or below one; it is cut at its earliest span.
        let rest = spans.indices.filter { !isShown[$0] }.sorted { starts[$0] < starts[$1] }
        for index in rest where !isShown[index] {
            show([Item(content: .span(index, .circular), start: starts[index], order: 2)], below, &isShown)
        }
    }

    private mutating func show(_ roots: [Item], _ below: [[Item]], _ isShown: inout [Bool]) {
        var stack = roots.reversed().map { (item: $0, depth: 0, parentRow: Int?.none) }
        var lastChildRow: [Int: Int] = [:]
        while let (item, depth, parentRow) = stack.popLast() {
            let row = rows.count
            if case .span(let index, _) = item.content {
                if isShown[index] { continue }
                isShown[index] = true
                if let parentRow {
                    if let before = lastChildRow[parentRow] { rows[before].isFollowed = true }
                    lastChildRow[parentRow] = row
                }
                stack += Self.sorted(below[index]).reversed().map { ($0, depth + 1, row) }
            }
            rows.append(
                Row(
                    content: item.content, depth: depth, parentRow: parentRow, isFollowed: false,
                    startNanoseconds: item.start))
        }
        // What happened in a span has its line beside it as long as child spans follow.
        for (parent, last) in lastChildRow {
            var row = last - 1
            while row > parent {
                if rows[row].parentRow == parent, !rows[row].isSpan { rows[row].isFollowed = true }
                row -= 1
            }
        }
    }
}

extension TraceTree.Row {
    /// Of a log that belongs to no span.
    public init(log index: Int, startNanoseconds: Int64) {
        self.init(
            content: .log(index), depth: 0, parentRow: nil, isFollowed: false, startNanoseconds: startNanoseconds)
    }

    public var isSpan: Bool { if case .span = content { true } else { false } }
}
