/// A place where a rule is broken.
struct Finding: CustomStringConvertible {
    let file: SourceFile
    let line: Int
    let text: String

    var description: String { "\(file.path):\(line + 1): \(text)" }

    /// The lines of code for which `rule` has something to say.
    static func search(_ files: [SourceFile], _ rule: (SourceFile, Int, String) -> String?) -> [Finding] {
        files.flatMap { file in
            file.code.enumerated().compactMap { index, line in
                rule(file, index, line).map { Finding(file: file, line: index, text: $0) }
            }
        }
    }
}
