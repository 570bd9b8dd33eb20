import Configuration
import Core
import Testing

@Suite struct ConfigurationTests {
    private static let schema = ConfigurationSchema(
        program: "prog", summary: "prog: does things.", version: "1.2",
        settings: [
            Setting("port", .integer(0...65_535), default: "80", "The port."),
            Setting("host", .text, default: "h", "The host."),
            Setting("echo", .flag, "Echoes."), Setting("key", .secret, "The key."),
            Setting("mode", .choice(["fast", "slow"]), default: "fast", "How."),
        ])

    private static let files: [String: String] = [
        "good.json": #"{"port":1,"host":"file","echo":true,"mode":"slow"}"#, "key": "from a file\n", "bad.json": "{",
        "list.json": "[]",
        "unknown.json": #"{"prot":1}"#, "nested.json": #"{"port":{}}"#, "value.json": #"{"port":"x"}"#,
    ]

    private static func parse(_ arguments: [String], _ environment: [String: String] = [:]) -> ConfigurationOutcome {
        schema.parse(arguments: arguments, environment: environment) { path in
            files[path].map { .success(Array($0.utf8)) } ?? .failure(SystemError(operation: "open", code: 2))
        }
    }

    private static func show(_ outcome: ConfigurationOutcome) -> String {
        switch outcome {
        case .check(let configuration): return "check " + show(.run(configuration))
        case .run(let configuration):
            let key = configuration.optionalText("key") ?? "-"
            return
                "\(configuration.integer("port")) \(configuration.text("host")) \(configuration.flag("echo")) \(key) \(configuration.text("mode"))"
        case .exit(let code, let text, let isError): return "\(code)\(isError ? " error" : "") \(text)"
        }
    }

    @Test(arguments: [
        (["--key", "x"], ["key"]), (["--key=x", "--url", "amqp://u:p@h"], ["key", "url"]), (["--url=amqp://h"], []),
        (["--key-file", "key"], []), ([], []),
    ])
    func secretsAmongTheFlagsAreKnown(_ arguments: [String], _ names: [String]) {
        let schema = ConfigurationSchema(
            program: "prog", summary: "", version: "",
            settings: [Setting("key", .secret, ""), Setting("url", .secret, "")])
        let environment = ["SWITCHBOARD_KEY": "x"].filter { _ in arguments.isEmpty }
        let outcome = schema.parse(arguments: arguments, environment: environment) { _ in .success([0x78]) }
        guard case .run(let configuration) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(configuration.shownSecrets == names)
    }

    @Test(
        arguments: [
            ([], [:], "80 h false - fast"), (["--port", "1"], [:], "1 h false - fast"),
            (["--port=1", "--echo"], [:], "1 h true - fast"),
            (["--echo=false"], ["SWITCHBOARD_ECHO": "true"], "80 h false - fast"),
            ([], ["SWITCHBOARD_PORT": "2"], "2 h false - fast"),
            (["--port", "1"], ["SWITCHBOARD_PORT": "2"], "1 h false - fast"),
            (["--config", "good.json"], [:], "1 file true - slow"),
            ([], ["SWITCHBOARD_CONFIG": "good.json"], "1 file true - slow"),
            (["--config=good.json"], ["SWITCHBOARD_HOST": "env"], "1 env true - slow"),
            (["--config=good.json", "--host="], [:], "1  true - slow"),
            (["--key", "k"], ["SWITCHBOARD_KEY": "e"], "80 h false k fast"),
            ([], ["SWITCHBOARD_KEY_FILE": "key"], "80 h false from a file fast"),
            (["--key-file", "key"], ["SWITCHBOARD_KEY": "e"], "80 h false from a file fast"),
            (["--mode", "slow"], [:], "80 h false - slow"),
        ] as [([String], [String: String], String)])
    func precedence(_ arguments: [String], _ environment: [String: String], _ expected: String) {
        #expect(Self.show(Self.parse(arguments, environment)) == expected)
    }

    @Test(
        arguments: [
            (["--prot", "1"], [:], "there is no flag --prot; did you mean --port?"),
            (["x"], [:], "`x` is not expected here"),
            (["--port"], [:], "--port wants a value"), (["--port=1", "--port=2"], [:], "--port is given twice"),
            (["--port", "65536"], [:], "--port is `65536`, but must be"),
            (["--port", "-1"], [:], "--port is `-1`, but must be"),
            (["--port", "1x"], [:], "--port is `1x`, but must be"),
            ([], ["SWITCHBOARD_PORT": ""], "SWITCHBOARD_PORT is ``, but must be"),
            (["--mode", "x"], [:], "--mode is `x`, but must be"),
            (["--echo=maybe"], [:], "--echo is `maybe`, but must be"),
            (["--config", "none.json"], [:], "the configuration file none.json can't be used: "),
            (["--config", "bad.json"], [:], "the configuration file bad.json can't be used: it ends too early"),
            (["--config", "list.json"], [:], "the configuration file list.json can't be used: it is no JSON object"),
            (["--config", "unknown.json"], [:], "unknown.json has an unknown key `prot`; did you mean port?"),
            (["--config", "nested.json"], [:], "the configuration file nested.json can't be used: `port` is neither"),
            (["--config", "value.json"], [:], "`port` in the configuration file is `x`, but must be"),
            (["--key-file", "none"], [:], "--key-file: the file none can't be read"),
            (["--port-file", "x"], [:], "there is no flag --port-file"),
        ] as [([String], [String: String], String)])
    func mistakes(_ arguments: [String], _ environment: [String: String], _ text: String) {
        let shown = Self.show(Self.parse(arguments, environment))
        #expect(shown.hasPrefix("2 error prog: " + text), "\(shown)")
        #expect(shown.hasSuffix("(--help lists the settings)") && !shown.contains("\n"))
    }

    @Test func aSecretIsNeverShown() {
        #expect(!Self.show(Self.parse(["--key", "hunter2", "--port", "x"])).contains("hunter2"))
        guard case .exit(_, let help, _) = Self.parse(["--key", "hunter2", "--help"]) else { return }
        #expect(!help.contains("hunter2"))
    }

    @Test func helpVersionAndCheck() {
        guard case .exit(0, let help, false) = Self.parse(["--help"]) else {
            Issue.record("no help")
            return
        }
        for flag in [
            "--port", "--host", "--echo", "--key", "--key-file", "--mode", "--config", "--check-config",
            "SWITCHBOARD_PORT", "Default: 80.",
        ] {
            #expect(help.contains(flag), "\(flag)")
        }
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 110 })
        #expect(Self.show(Self.parse(["--version"])) == "0 prog 1.2")
        #expect(Self.show(Self.parse(["--check-config", "--port", "5"])) == "check 5 h false - fast")
        #expect(Self.show(Self.parse(["--check-config", "--port", "x"])).hasPrefix("2 error"))
    }

    @Test(arguments: [
        ("port", "prot", 2), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("kitten", "sitting", 3),
    ])
    func editDistance(_ left: String, _ right: String, _ distance: Int) {
        #expect(EditDistance.between(left, right) == distance)
    }
}
