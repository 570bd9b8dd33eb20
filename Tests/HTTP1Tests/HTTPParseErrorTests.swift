import Core
import HTTP1
import Testing

struct HTTPParseErrorTests {
    @Test(arguments: [
        (HTTPParseError.badRequestLine, 400), (.badHost, 400), (.bareLineBreak, 400), (.badContentLength, 400),
        (.badTransferEncoding, 400), (.badChunk, 400), (.bodyTooLarge, 413), (.targetTooLong, 414),
        (.unknownExpectation, 417), (.headersTooLarge, 431), (.tooManyHeaders, 431), (.trailersTooLong, 431),
        (.unknownTransferEncoding, 501), (.versionNotSupported, 505),
    ])
    func knowsItsStatus(_ error: HTTPParseError, _ status: Int) {
        #expect(error.problemKind.status == status)
    }

    @Test
    func everyOneIsExplainedOnce() {
        #expect(Set(HTTPParseError.allCases.map(\.detail)).count == HTTPParseError.allCases.count)
    }
}
