import TestTokens
import Testing

@testable import Tokens

/// What a signed token has to say.
@Suite struct ClaimTests {
    private let issuer: TokenIssuer
    private let keys: [TokenKey]

    init() throws {
        issuer = TokenIssuer(.edDSA)
        keys = [try Checked.key(of: issuer)]
    }

    private func refusal(_ changes: [String: String?], at now: Double = Checked.now) -> TokenError? {
        Checked.refusal(issuer.token(Checked.claims(changes)), keys, at: now)
    }

    @Test func itIsValidForItsTimeAndALittle() {
        let start = Checked.now
        let times = ["nbf": "\(start)", "exp": "\(start + 100)"]
        #expect(refusal(times, at: start - 31) == .notYetValid)
        #expect(refusal(times, at: start - 29) == nil)
        #expect(refusal(times, at: start + 129) == nil)
        #expect(refusal(times, at: start + 131) == .expired)
        #expect(refusal(["exp": "\(start + 0.5)"], at: start + 30.4) == nil)
        #expect(refusal(["exp": "1.9e9"]) == nil)
        #expect(refusal(["exp": nil]) == .noExpiry)
        #expect(refusal(["exp": "-1"]) == .expired)
        for wrong in ["\"1900000000\"", "null", "true", "[]", "1e400", "{}"] {
            #expect(refusal(["exp": wrong]) == .malformed)
            #expect(refusal(["nbf": wrong]) == .malformed)
        }
    }

    @Test func itIsOfTheIssuerAndForTheAudience() {
        #expect(refusal(["iss": nil]) == .wrongIssuer)
        #expect(refusal(["iss": "\"https://issuer.test/\""]) == .wrongIssuer)
        #expect(refusal(["iss": "[\"https://issuer.test\"]"]) == .malformed)
        #expect(refusal(["aud": nil]) == .wrongAudience)
        #expect(refusal(["aud": "\"Switchboard\""]) == .wrongAudience)
        #expect(refusal(["aud": "[]"]) == .wrongAudience)
        #expect(refusal(["aud": "[\"other\",\"switchboard\"]"]) == nil)
        #expect(refusal(["aud": "[\"switchboard\",1]"]) == .malformed)
        var rules = Checked.rules
        rules.audience = nil
        rules.issuer = nil
        // A token for somebody else is refused also by those who were told no name.
        #expect(Checked.refusal(issuer.token(Checked.claims), keys, rules: rules) == .wrongAudience)
        let plain = issuer.token(Checked.claims(["aud": nil, "iss": nil]))
        #expect(Checked.refusal(plain, keys, rules: rules) == nil)
        // Canonically equivalent, and not the same.
        rules.issuer = "caf\u{E9}"
        #expect(
            Checked.refusal(issuer.token(Checked.claims(["aud": nil, "iss": "\"cafe\u{301}\""])), keys, rules: rules)
                == .wrongIssuer)
    }

    @Test func itHasASubject() {
        #expect(refusal(["sub": nil]) == .badSubject)
        #expect(refusal(["sub": "\"\""]) == .badSubject)
        #expect(refusal(["sub": "1"]) == .malformed)
        #expect(refusal(["sub": "\"a\\u0000b\""]) == .badSubject)
        #expect(refusal(["sub": "\"\(String(repeating: "a", count: 512))\""]) == nil)
        #expect(refusal(["sub": "\"\(String(repeating: "a", count: 513))\""]) == .badSubject)
    }

    @Test func itListsEventTypes() throws {
        func types(_ value: String) throws -> [String]? {
            try Checked.check(issuer.token(Checked.claims(["switchboard_types": value])), keys).types
        }
        #expect(try types("\"PingRequest  com.example.*\"") == ["PingRequest", "com.example.*"])
        #expect(try types("[\"PingRequest\",\"a b\"]") == ["PingRequest", "a", "b"])
        #expect(try types("[]") == [])
        #expect(refusal(["switchboard_types": "{}"]) == .malformed)
    }

    @Test func noMemberStandsTwice() {
        let twice = Checked.claims.dropLast() + ",\"sub\":\"bob\"}"
        #expect(Checked.refusal(issuer.token(String(twice)), keys) == .duplicateMember)
        let escaped = Checked.claims.dropLast() + ",\"s\\u0075b\":\"bob\"}"
        #expect(Checked.refusal(issuer.token(String(escaped)), keys) == .duplicateMember)
        let header = "{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}"
        #expect(Checked.refusal(issuer.token(Checked.claims, header: header), keys) == .duplicateMember)
    }

    @Test func theHeaderAsksForNothingElse() {
        for header in [
            "{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"b64\":false}", "{\"alg\":\"EdDSA\",\"crit\":null}",
            "{\"alg\":\"EdDSA\",\"typ\":\"logout+jwt\"}", "{\"alg\":\"EdDSA\",\"typ\":\"\"}",
        ] {
            #expect(Checked.refusal(issuer.token(Checked.claims, header: header), keys) == .unsupportedHeader)
        }
        for type in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
            let header = "{\"alg\":\"EdDSA\",\"typ\":\"\(type)\"}"
            #expect(Checked.refusal(issuer.token(Checked.claims, header: header), keys) == nil)
        }
    }

    @Test func whatIsNoTokenIsRefused() {
        let token = issuer.token(Checked.claims)
        let parts = token.split(separator: ".").map(String.init)
        for text in [
            "", ".", "..", "...", "a", parts[0], "\(parts[0]).\(parts[1])", token + ".", "." + token, token + " ",
            "\(token).\(token)", parts[0] + "=." + parts[1] + "." + parts[2], "é.é.é", "\(parts[0]).\(parts[1]).+/",
            TokenIssuer.encode(Array("[]".utf8)) + ".\(parts[1]).\(parts[2])",
            TokenIssuer.encode(Array("{}".utf8)) + ".\(parts[1]).\(parts[2])",
            TokenIssuer.encode(Array("{\"alg\":1}".utf8)) + ".\(parts[1]).\(parts[2])",
            TokenIssuer.encode(Array("{\"alg\":\"EdDSA\",\"kid\":1}".utf8)) + ".\(parts[1]).\(parts[2])",
            TokenIssuer.encode([0x7B, 0xFF, 0x7D]) + ".\(parts[1]).\(parts[2])",
        ] { #expect(Checked.refusal(text, keys) == .malformed, "\(text)") }
        for claims in ["", "[]", "1", "{", "{}x", "\"a\""] {
            #expect(Checked.refusal(issuer.token(claims), keys) == .malformed, "\(claims)")
        }
    }

    @Test func itIsBoundedInLengthAndDepth() {
        func padded(_ count: Int) -> String {
            issuer.token(Checked.claims(["pad": "\"\(String(repeating: "x", count: count))\""]))
        }
        let room = (8192 - padded(0).utf8.count) / 4 * 3
        #expect(padded(room - 3).utf8.count <= 8192 && Checked.refusal(padded(room - 3), keys) == nil)
        #expect(padded(room + 6).utf8.count > 8192 && Checked.refusal(padded(room + 6), keys) == .tooLong)
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(refusal(["pad": nested(15)]) == nil)
        #expect(refusal(["pad": nested(16)]) == .malformed)
        #expect(refusal(["pad": nested(2000)]) == .malformed)
    }

    /// Base64 of which the last digit carries bits that mean nothing has other texts for the same bytes.
    @Test func eachTokenHasOneText() {
        #expect(Base64URL.decode("") == [] && Base64URL.decode("AA") == [0] && Base64URL.decode("-_8") == [0xFB, 0xFF])
        for text in ["A", "AB", "AAB", "AA=", "AA==", "A A", "A+", "A/", "AAAAA"] {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64URL.decode(TokenIssuer.encode(bytes)) == bytes)
        }
    }
}
