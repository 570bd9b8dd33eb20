import Foundation

/// A Swift file of the repository, with and without its comments and strings.
struct SourceFile: Sendable, CustomStringConvertible {
    /// Relative to the repository.
    let path: String
    let lines: [String]
    /// The same lines, with comments and the insides of strings blanked out: what is left is code.
    let code: [String]

    var description: String { path }
    var name: String { String(path.split(separator: "/").last ?? "") }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n")
        code = SourceFile.blanked(text).components(separatedBy: "\n")
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// All below these folders, in the order of their paths.
    static func all(in folders: [String]) -> [SourceFile] {
        folders.flatMap { folder -> [SourceFile] in
            let base = root.appendingPathComponent(folder)
            let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
            return names.filter { $0.hasSuffix(".swift") }.sorted().compactMap { name in
                let text = try? String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
                return text.map { SourceFile(path: "\(folder)/\(name)", text: $0) }
            }
        }
    }

    static let sources = all(in: ["Sources", "clients"])
    static let everything = sources + all(in: ["Tests"])

    /// Comments and the insides of strings as spaces. Interpolations count as strings.
    static func blanked(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        func skip(_ count: Int) {
            result += rest.prefix(count).map { $0 == "\n" ? "\n" : " " }
            rest = rest.dropFirst(count)
        }
        while let character = rest.first {
            if rest.hasPrefix("//") {
                skip(rest.prefix { $0 != "\n" }.count)
            } else if rest.hasPrefix("\"\"\"") || rest.hasPrefix("#\"") || character == "\"" {
                skip(lengthOfString(rest))
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    private static func lengthOfString(_ text: Substring) -> Int {
        let opening = text.hasPrefix("\"\"\"") ? "\"\"\"" : text.hasPrefix("#\"") ? "#\"" : "\""
        let closing = opening == "#\"" ? "\"#" : opening
        var count = opening.count
        var rest = text.dropFirst(count)
        var depth = 0
        while let character = rest.first {
            if depth == 0, rest.hasPrefix(closing) { return count + closing.count }
            var step = 1
            if character == "\\", opening != "#\"" {
                step = 2
                if rest.dropFirst().first == "(" { depth += 1 }
            } else if depth > 0, character == "(" {
                depth += 1
            } else if depth > 0, character == ")" {
                depth -= 1
            }
            count += step
            rest = rest.dropFirst(step)
        }
        return count
    }
}
