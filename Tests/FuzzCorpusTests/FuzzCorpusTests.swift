import Foundation
import FuzzTargets
import Testing

/// The committed corpus of every fuzz target, without the fuzzer: what was found once stays mended.
@Suite struct FuzzCorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func holds(_ target: FuzzTarget) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("FuzzTargets/Corpus/\(target.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names { target.check([UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))) }
    }
}
