/// How long functions are, by their braces.
enum FunctionLengths {
    static func all(in file: SourceFile) -> [(line: Int, count: Int)] {
        var result: [(line: Int, count: Int)] = []
        for (index, line) in file.code.enumerated() where isFunction(line) {
            if let end = end(of: index, in: file.code) { result.append((index, end - index + 1)) }
        }
        return result
    }

    private static func isFunction(_ line: String) -> Bool {
        let words = line.split { !$0.isLetter && $0 != "_" }
        return words.contains("func") || words.contains("init") || words.contains("deinit")
            || words.contains("subscript")
    }

    /// Nil if the first brace behind the line closes nothing: a protocol's requirement.
    private static func end(of start: Int, in code: [String]) -> Int? {
        var depth = 0
        var hasBegun = false
        for index in start..<code.count {
            for character in code[index] {
                if character == "{" {
                    depth += 1
                    hasBegun = true
                } else if character == "}" {
                    depth -= 1
                    if depth < 0 { return nil }
                    if hasBegun, depth == 0 { return index }
                }
            }
            if !hasBegun, index > start + 12 { return nil }
        }
        return nil
    }
}
