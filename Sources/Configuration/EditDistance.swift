/// How many letters have to be changed, added or removed to make one text of another (Levenshtein).
public enum EditDistance {
    public static func between(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let cost = diagonal + (character == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(cost, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }

    /// The candidate that was probably meant; nil if none is near.
    public static func nearest(to name: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { ($0, between($0, name)) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, min(3, name.count / 2)) else { return nil }
        return best.0
    }
}
