import Core
import HTTP1
import Testing

@testable import Tiers

private var key: InternalAuthenticator { InternalAuthenticator(secret: Array("secret".utf8)) }
private let now: UInt64 = 1_800_000_000_000_000_000
private let second: UInt64 = 1_000_000_000
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
        for time in [now + 59 * second, now - 59 * second] {
            let line = key.headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
            #expect(key.verify(try head("/dispatch", line), body: body, wallNanoseconds: time) == .accepted)
        }
    }

    @Test func refusesAnythingElse() throws {
        let line = key.headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
        func verdict(_ line: String?, _ body: [UInt8] = body, at time: UInt64 = now) throws -> CallVerdict {
            key.verify(try head("/dispatch", line), body: body, wallNanoseconds: time)
        }
        #expect(key.verify(try head("/events", line), body: body, wallNanoseconds: now) == .wrongSignature)
        #expect(try verdict(line, [0x5B, 0x5D]) == .wrongSignature, "another body")
        #expect(try verdict(line, at: now + 61 * second) == .outsideWindow)
        #expect(try verdict(line, at: now - 61 * second) == .outsideWindow)
        #expect(try verdict(nil) == .unsigned)
        let foreign = InternalAuthenticator(secret: [1]).headerLine(path: "/dispatch", body: body, wallNanoseconds: now)
        #expect(try verdict(foreign) == .wrongSignature, "another secret")
        // The time and the random number are signed, too.
        for other in Self.variants(of: try #require(line)) {
            #expect(try verdict(other) == .wrongSignature, "\(other)")
        }
    }

    /// With one digit changed: of the time, of the random number, of the code.
    private static func variants(of line: String) -> [String] {
        let bytes = Array(line.utf8)
        return bytes.indices.dropFirst("Switchboard-Signature: t=".utf8.count + 10).compactMap { place in
            guard Hexadecimal.value(of: bytes[place]) != nil, bytes[place - 1] != 0x2C else { return nil }
            if place > 1, bytes[place] == 0x32, bytes[place - 1] == 0x76 { return nil }
            var changed = bytes
            changed[place] = bytes[place] == 0x30 ? 0x31 : 0x30
            return String(decoding: changed, as: UTF8.self)
        }
    }

    @Test(arguments: [
        "", "t=", "t=,n=,v2=", "t=1", "v2=00", "t=1,v2=zz", "t=99999999999999999999999,n=0000000000000000,v2=00",
        "t=-1,n=0000000000000000,v2=00", "t=1,v1=00", "t=1,n=0,v2=00", "t=1,n=0000000000000000,v1=00",
        "t=1,n=0000000000000000,v2=0", "t=1,n=zzzzzzzzzzzzzzzz,v2=00", "t=1,n=0000000000000000,v2=00,",
        "n=0000000000000000,t=1,v2=00",
    ])
    func nonsenseIsRefused(value: String) throws {
        let head = try head("/dispatch", "Switchboard-Signature: \(value)")
        #expect(key.verify(head, body: body, wallNanoseconds: now) == .malformed)
    }

    @Test func withoutSecretNothingIsSignedAndAllPasses() throws {
        let open = InternalAuthenticator(secret: nil)
        #expect(open.headerLine(path: "/dispatch", body: body, wallNanoseconds: now) == nil)
        #expect(open.verify(try head("/dispatch", nil), body: body, wallNanoseconds: now) == .accepted)
    }

    /// Also by another loop of the same process, which shares the memory.
    @Test func aCallIsAcceptedOnce() throws {
        let memory = ReplayMemory()
        let loops = (0..<2).map { _ in InternalAuthenticator(secret: Array("secret".utf8), memory: memory) }
        let lines = (0..<100).map { _ in key.headerLine(path: "/dispatch", body: body, wallNanoseconds: now) }
        #expect(Set(lines).count == 100, "each call has a signature of its own")
        for line in lines {
            let head = try head("/dispatch", line)
            #expect(loops[0].verify(head, body: body, wallNanoseconds: now) == .accepted)
            for time in [now, now + 30 * second, now + 60 * second] {
                for loop in loops { #expect(loop.verify(head, body: body, wallNanoseconds: time) == .replayed) }
            }
            #expect(loops[1].verify(head, body: body, wallNanoseconds: now + 61 * second) == .outsideWindow)
        }
    }

    @Test func aSecretIsReplacedWithoutAPause() throws {
        let secrets = ["old", "old\nnew\n", "new\nold", "new"].map { Array($0.utf8) }
        // Whoever is one step ahead, or behind, is understood.
        for (index, secret) in secrets.enumerated() {
            for other in secrets[max(0, index - 1)...min(secrets.count - 1, index + 1)] {
                let caller = InternalAuthenticator(secret: secret)
                let line = caller.headerLine(path: "/events", body: body, wallNanoseconds: now)
                let callee = InternalAuthenticator(secret: other)
                #expect(callee.verify(try head("/events", line), body: body, wallNanoseconds: now) == .accepted)
                let address = ReturnAddress(instance: 1, handle: 2, url: "http://web:8081").encoded(by: caller)
                #expect(address.withUnsafeBytes { ReturnAddress.verifiedURL(in: $0, by: callee) } != nil)
            }
        }
        let changing = InternalAuthenticator(secret: secrets[0])
        let line = changing.headerLine(path: "/events", body: body, wallNanoseconds: now)
        changing.set(secret: secrets[3])
        #expect(changing.verify(try head("/events", line), body: body, wallNanoseconds: now) == .wrongSignature)
    }
}
