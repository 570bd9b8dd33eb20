import Testing

/// The rules are as good as the view they have of the code.
@Suite struct BlankingTests {
    @Test(arguments: [
        ("let a = 1 // b!", "let a = 1      "),
        ("f(\"a!\")", "f(    )"),
        ("\"\\(x!)\" + y!", "        + y!"),
        ("#\"a\"b!\"# + c", "         + c"),
        ("\"\"\"\n a! \"b\" \n\"\"\" + c", "   \n        \n    + c"),
        ("\"a\\\"!\" x", "       x"),
    ])
    func commentsAndStringsAreBlank(_ text: String, _ code: String) {
        #expect(SourceFile.blanked(text) == code)
    }

    @Test func functionsAreMeasured() {
        let text = """
            struct A {
                func a() {
                    if true {
                    }
                }
                init() {}
            }
            protocol B {
                func b()
            }
            """
        let lengths = FunctionLengths.all(in: SourceFile(path: "x/A.swift", text: text))
        #expect(lengths.map { "\($0.line):\($0.count)" } == ["1:4", "5:1"])
    }
}
