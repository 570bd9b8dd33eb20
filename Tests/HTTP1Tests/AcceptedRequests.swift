/// Requests that are well-formed.
enum AcceptedRequests {
    static let all: [RequestCase] = heads + targets + bodies + streams

    private static let heads: [RequestCase] = [
        RequestCase("the least", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / host=a empty", "end", "idle"),
        RequestCase("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close empty", "end", "idle"),
        RequestCase(
            "HTTP/1.0 kept alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 empty", "end", "idle"),
        RequestCase("a later 1.x", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", "GET / host=a empty", "end", "idle"),
        RequestCase(
            "close among other options", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x , CLOSE\r\n\r\n",
            "GET / host=a close empty", "end", "idle"),
        RequestCase(
            "close outranks keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
            "GET / 1.0 close empty", "end", "idle"),
        RequestCase("an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "BREW / host=a empty", "end", "idle"),
        RequestCase(
            "methods are case-sensitive", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "get / host=a empty", "end", "idle"),
        RequestCase(
            "every method",
            ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"].map { "\($0) / HTTP/1.1\r\nHost: a\r\n\r\n" }
                .joined(),
            "HEAD / host=a empty", "end", "PUT / host=a empty", "end", "DELETE / host=a empty", "end",
            "OPTIONS / host=a empty", "end", "PATCH / host=a empty", "end", "TRACE / host=a empty", "end", "idle"),
        RequestCase(
            "blanks around values, none at all, bytes beyond ASCII",
            "GET / HTTP/1.1\r\nHost: \t a.b:80 \t\r\nA:\r\nB: \t\r\nC: grüß \t dich\r\n\r\n", "GET / host=a.b:80 empty",
            "end",
            "idle"),
        RequestCase("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / host= empty", "end", "idle"),
        RequestCase(
            "an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET / host=[::1]:8080 empty", "end", "idle"),
        RequestCase(
            "four empty lines before", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / host=a empty", "end",
            "idle"),
        RequestCase("only empty lines", "\r\n\r\n", "idle"),
        RequestCase("nothing", "", "idle"),
        RequestCase("half a head", "GET / HTTP/1.1\r\nHost", "waiting 20"),
        RequestCase("a head without its last line", "GET / HTTP/1.1\r\nHost: a\r\n", "waiting 25"),
        RequestCase("a head without its last byte", "GET / HTTP/1.1\r\nHost: a\r\n\r", "waiting 26"),
    ]

    private static let targets: [RequestCase] = [
        RequestCase(
            "a query", "GET /a/b?c=d&e HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a/b ?c=d&e host=a empty", "end", "idle"),
        RequestCase("an empty query", "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a ? host=a empty", "end", "idle"),
        RequestCase("two marks", "GET /a?b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a ?b?c host=a empty", "end", "idle"),
        RequestCase(
            "an absolute target outranks the host", "GET http://h:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /p ?q host=h:81 empty", "end", "idle"),
        RequestCase(
            "absolute, no path", "GET HTTPS://h HTTP/1.1\r\nHost: a\r\n\r\n", "GET / host=h empty", "end", "idle"),
        RequestCase(
            "absolute, a query only", "GET http://h?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ?q host=h empty", "end",
            "idle"),
        RequestCase("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * host=a empty", "end", "idle"),
        RequestCase(
            "asterisk by an absolute target", "OPTIONS http://h HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * host=h empty",
            "end", "idle"),
        RequestCase(
            "authority", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT h:443 host=h empty", "end", "idle"),
    ]

    private static let bodies: [RequestCase] = [
        RequestCase(
            "counted", "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST /p host=a length=5",
            "body hello", "end", "idle"),
        RequestCase(
            "of no length", "POST /p HTTP/1.1\r\nHost: a\r\ncontent-length: 000\r\n\r\n",
            "POST /p host=a length=0 empty", "end",
            "idle"),
        RequestCase(
            "not whole", "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "POST /p host=a length=5",
            "body hel", "waiting 0"),
        RequestCase(
            "expected", "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
            "POST /p host=a expects length=1", "body x", "end", "idle"),
        RequestCase(
            "expected, but none comes", "GET /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            "GET /p host=a empty",
            "end", "idle"),
        RequestCase(
            "expected by HTTP/1.0, which has no such thing",
            "POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "POST /p 1.0 close length=1",
            "body x",
            "end", "idle"),
        RequestCase(
            "chunked",
            "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n",
            "POST /p host=a chunked", "body abc0123456789", "end", "idle"),
        RequestCase(
            "chunked, empty", "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
            "POST /p host=a chunked", "end", "idle"),
        RequestCase(
            "chunked, with extensions and trailers",
            "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3 ;a=\"b;c\" \r\nabc\r\n000;x\r\nTrailer: 1\r\nContent-Length: 9\r\n\r\n",
            "POST /p host=a chunked", "body abc", "end", "idle"),
        RequestCase(
            "chunked, not whole", "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            "POST /p host=a chunked", "body abc", "waiting 0"),
        RequestCase(
            "on a GET", "GET /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok", "GET /p host=a length=2",
            "body ok",
            "end", "idle"),
    ]

    private static let streams: [RequestCase] = [
        RequestCase(
            "pipelined",
            "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok\r\n"
                + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /1 host=a empty", "end", "POST /2 host=a length=2", "body ok", "end", "GET /3 host=a empty", "end",
            "idle"),
        RequestCase(
            "chunked, then another",
            "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /n HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /p host=a chunked", "body x", "end", "GET /n host=a empty", "end", "idle"),
        RequestCase(
            "the second one is broken", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n{}", "GET /1 host=a empty", "end",
            "error badRequestLine"),
    ]
}
