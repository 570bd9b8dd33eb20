import Glibc

/// As `precondition`, but it says in an optimised build, too, what did not hold.
func require(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String = "", line: Int = #line,
    file: StaticString = #fileID
) {
    if !condition() { fail(message(), line: line, file: file) }
}

func fail(_ message: String, line: Int = #line, file: StaticString = #fileID) -> Never {
    let text = Array("Fatal error: \(file):\(line): \(message)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    abort()
}
