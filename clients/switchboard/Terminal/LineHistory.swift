/// The lines that were entered, oldest first, and which of them is looked at.
struct LineHistory {
    static let linesMax = 1000

    private(set) var lines: [String] = []
    /// `lines.count` while the line being typed is shown.
    private var position = 0
    private var draft = ""

    init(_ lines: [String] = []) {
        for line in lines { add(line) }
    }

    /// Leaves out what is empty, begins with a space, or is the same as the one before.
    mutating func add(_ line: String) {
        defer { position = lines.count }
        guard let first = line.first, first != " ", line != lines.last else { return }
        lines.append(line)
        if lines.count > Self.linesMax { lines.removeFirst(lines.count - Self.linesMax) }
    }

    /// The line before, nil at the oldest. - Parameter current: what is shown now.
    mutating func previous(current: String) -> String? {
        guard position > 0 else { return nil }
        if position == lines.count { draft = current }
        position -= 1
        return lines[position]
    }

    /// The line after, in the end the one that was being typed; nil behind that.
    mutating func next() -> String? {
        guard position < lines.count else { return nil }
        position += 1
        return position == lines.count ? draft : lines[position]
    }
}
