import Glibc

/// What a person reads of a run; the line of JSON on standard output is for the tests.
enum StandardError {
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
