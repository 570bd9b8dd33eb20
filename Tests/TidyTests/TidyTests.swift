import Foundation
import Testing

@Suite struct TidyTests {
    private static let linesMax = 400
    private static let functionLinesMax = 70

    @Test func thereAreFiles() {
        #expect(SourceFile.sources.count > 150)
        #expect(SourceFile.everything.count > SourceFile.sources.count + 40)
    }

    @Test func everyModuleImportsOnlyWhatStandsAboveIt() {
        let findings = Finding.search(SourceFile.sources) { file, _, line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count else { return nil }
            let imported = String(words[at + 1].prefix { $0 != "." })
            let module = ModuleRules.module(of: file.path)
            let allowed = ModuleRules.allowed[module] ?? []
            if allowed.contains(imported) { return nil }
            if ModuleRules.system.contains(imported), !ModuleRules.cores.contains(module) { return nil }
            return "\(module) may not import \(imported)"
        }
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test func theModulesFormNoCircle() {
        func reaches(_ from: String, _ to: String, _ seen: Set<String>) -> Bool {
            guard !seen.contains(from) else { return false }
            return (ModuleRules.allowed[from] ?? []).contains { $0 == to || reaches($0, to, seen.union([from])) }
        }
        for module in ModuleRules.allowed.keys { #expect(!reaches(module, module, []), "\(module) imports itself") }
    }

    @Test func filesAreShort() {
        let long = SourceFile.everything.filter { $0.lines.count > Self.linesMax }
        #expect(long.isEmpty, "\(long.map { "\($0.path): \($0.lines.count) lines" })")
    }

    @Test func functionsAreShort() {
        let long = SourceFile.everything.flatMap { file in
            FunctionLengths.all(in: file).filter { $0.count > Self.functionLinesMax }.map {
                Finding(file: file, line: $0.line, text: "\($0.count) lines")
            }
        }
        #expect(long.isEmpty, "\(long)")
    }

    /// `Type.swift` declares Type, `Type+Aspect.swift` extends it.
    @Test func filesAreNamedAfterWhatTheyHold() {
        let wrong = SourceFile.sources.filter { file in
            let type = String(file.name.dropLast(".swift".count).prefix { $0 != "+" })
            if type == "main" || ["ByteAppending", "ByteComparison", "AMQPBytes"].contains(type) { return false }
            let pattern =
                file.name.contains("+")
                ? "\\bextension ([A-Za-z]+\\.)*\(type)\\b" : "\\b(struct|class|enum|protocol|actor) \(type)\\b"
            return !file.code.contains { $0.range(of: pattern, options: .regularExpression) != nil }
        }
        #expect(wrong.isEmpty, "\(wrong)")
    }

    @Test func uncheckedSendabilityIsArgued() {
        let findings = Finding.search(SourceFile.everything) { file, index, line in
            guard line.contains("@unchecked Sendable") else { return nil }
            let around = file.lines[max(0, index - 4)...min(file.lines.count - 1, index + 4)]
            return around.contains { $0.contains("// Sendable:") || $0.contains("/// Sendable:") }
                ? nil : "no comment that says why it is Sendable"
        }
        #expect(findings.isEmpty, "\(findings)")
    }

    /// What a remote sent must never end the process.
    @Test func nothingIsForced() {
        let findings = Finding.search(SourceFile.sources) { _, _, line in
            for word in ["try!", "as!", "fatalError(", "unowned(unsafe)", "unsafeBitCast", "nonisolated(unsafe)"]
            where line.contains(word) {
                return word
            }
            let pattern = "[A-Za-z0-9_)\\]]!([^=]|$)"
            return line.range(of: pattern, options: .regularExpression) != nil ? "a force unwrap" : nil
        }
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test func thereIsNoDecoration() {
        let banner = "(//|/\\*) ?[-=*#]{3,}"
        let findings = SourceFile.everything.flatMap { file in
            file.lines.enumerated().compactMap { index, line -> Finding? in
                if line.contains("\t") { return Finding(file: file, line: index, text: "a tab") }
                if line.hasSuffix(" ") { return Finding(file: file, line: index, text: "a space at the end") }
                if line.range(of: banner, options: .regularExpression) != nil {
                    return Finding(file: file, line: index, text: "a banner")
                }
                return nil
            }
        }
        #expect(findings.isEmpty, "\(findings)")
    }

    @Test func theTopLevelHoldsWhatItShould() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: SourceFile.root.path)
        let visible = names.filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }.sorted()
        #expect(visible == ["Package.swift", "README.md", "Sources", "Tests", "clients", "deploy"])
    }

    @Test func thereAreNoPackages() throws {
        let manifest = try String(contentsOf: SourceFile.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        #expect(!manifest.contains(".package("))
    }
}
