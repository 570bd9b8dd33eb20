import Configuration
import Program
import Testing

@testable import PublicWeb

/// Settings that are right each by itself and wrong together.
@Suite struct SettingsTests {
    private static func configuration(_ arguments: [String]) throws -> PublicWebConfiguration {
        let schema = ProgramMain.schema(program: "public-web", summary: "", settings: PublicWebProgram.settings)
        guard case .run(let settings) = schema.parse(arguments: arguments, environment: [:]) else {
            throw SettingsProblem("the arguments are no settings: \(arguments)")
        }
        return try PublicWebProgram.configuration(settings)
    }

    /// Guards against sessions that can't be resumed: a replay above the limit closed its connection at once.
    @Test func aReplayFitsIntoTheOutput() throws {
        #expect(throws: SettingsProblem.self) { try Self.configuration(["--replay-bytes", "2MiB"]) }
        #expect(throws: SettingsProblem.self) { try Self.configuration(["--output-max", "1000KiB"]) }
        let larger = try Self.configuration(["--replay-bytes", "2MiB", "--output-max", "2MiB"])
        #expect(
            larger.limits.sessions.replayBytesMax == 2 << 20 && larger.limits.sessions.outputHardBytesMax == 2 << 20)
        let standard = try Self.configuration([])
        #expect(standard.limits.sessions.replayBytesMax == 1 << 20)
    }
}
