import Core
import HTTP1
import Testing
import Tiers

private var key: InternalAuthenticator { InternalAuthenticator(secret: Array("secret".utf8)) }
private let now: UInt64 = 1_800_000_000_000_000_000
private let body = Array("[{}]".utf8)

private func head(_ path: String, _ line: String?) throws -> RequestHead {
    var text = "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    if let line { text += line + "\r\n" }
    var parser = RequestParser(limits: HTTPLimits())
    var consumed = 0
    let bytes = Array((text + "\r\n").utf8)
    let event = try bytes.withBytes { bytes throws(HTTPParseError) in try parser.next(bytes, consumed: &consumed) }
    guard case .head(let head) = event else { throw HTTPParseError.badRequestLine }
    return head
}

@Suite struct InternalAuthenticatorTests {
    @Test func acceptsWhatItSigned() throws {
        let line = key.headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
        #expect(key.verify(try head("/dispatch", line), body: body, wallNanoseconds: now + 59_000_000_000))
        #expect(key.verify(try head("/dispatch", line), body: body, wallNanoseconds: now - 59_000_000_000))
    }

    @Test func refusesAnythingElse() throws {
        let line = key.headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
        #expect(!key.verify(try head("/events", line), body: body, wallNanoseconds: now), "another path")
        #expect(!key.verify(try head("/dispatch", line), body: [0x5B, 0x5D], wallNanoseconds: now), "another body")
        #expect(!key.verify(try head("/dispatch", line), body: body, wallNanoseconds: now + 61_000_000_000), "too late")
        #expect(!key.verify(try head("/dispatch", nil), body: body, wallNanoseconds: now), "no signature")
        let foreign = InternalAuthenticator(secret: [1]).headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
        #expect(!key.verify(try head("/dispatch", foreign), body: body, wallNanoseconds: now), "another secret")
    }

    @Test(arguments: [
        "", "t=", "t=,v1=", "t=1", "v1=00", "t=1,v1=zz", "t=99999999999999999999999,v1=00", "t=-1,v1=00", "t=1,v2=00",
    ])
    func nonsenseIsRefused(value: String) throws {
        #expect(!key.verify(try head("/dispatch", "Switchboard-Signature: \(value)"), body: body, wallNanoseconds: now))
    }

    @Test func withoutSecretNothingIsSignedAndAllPasses() throws {
        let open = InternalAuthenticator(secret: nil)
        #expect(open.headerLine(path: "/dispatch", body: body, wallNanoseconds: now) == nil)
        #expect(open.verify(try head("/dispatch", nil), body: body, wallNanoseconds: now))
    }
}
