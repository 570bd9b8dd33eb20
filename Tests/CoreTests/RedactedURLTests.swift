import Core
import Testing

@Suite struct RedactedURLTests {
    @Test(arguments: [
        ("http://host:1/path", "http://host:1/path"), ("amqp://user:word@host", "amqp://…@host"),
        ("https://user:w@rd@host/x?y", "https://…@host/x?y"), ("user:word@host", "…@host"), ("word", "word"), ("", ""),
        ("@", "…@"), ("http://u:p@h/a://b@c", "http://…@c"),
    ])
    func noPasswordIsLeft(_ url: String, _ shown: String) { #expect(RedactedURL.text(url) == shown) }
}
