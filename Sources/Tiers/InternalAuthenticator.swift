import Core
import Crypto
import HTTP1

/// Authenticates calls between the tiers with their shared secret: HMAC-SHA-256 over method, path, time and the body's
/// digest, in the header `Switchboard-Signature: t=<Unix milliseconds>,v1=<hex>`.
///
/// Without a secret nothing is signed and everything passes: listeners then bind to loopback only. It belongs to one
/// thread.
public final class InternalAuthenticator {
    /// How far the caller's clock may differ, and how long a captured call could be repeated.
    public static let windowMilliseconds: UInt64 = 60_000
    public static let headerName: StaticString = "switchboard-signature"

    /// Why a call that its own tier signed is answered with 401.
    public static let refusalReason = "the tiers' internal secrets differ, or their clocks do"

    private let key: HMACKey?

    public init(secret: [UInt8]?) { key = secret.map { HMACKey($0) } }

    public var isOpen: Bool { key == nil }

    /// The header line for a POST; nil without a secret.
    public func headerLine(
        method: String = "POST", path: String, body: [UInt8], wallNanoseconds: UInt64
    ) -> String? {
        guard let key else { return nil }
        let milliseconds = wallNanoseconds / 1_000_000
        let code = Self.code(key, method: method, path: path, milliseconds: milliseconds, body: body)
        return "Switchboard-Signature: t=\(milliseconds),v1=\(Hexadecimal.string(code))"
    }

    public func verify(_ head: RequestHead, body: [UInt8], wallNanoseconds: UInt64) -> Bool {
        guard let key else { return true }
        guard let value = head.headers.first(Self.headerName), value.hasPrefix("t="),
            let comma = value.firstIndex(of: ","),
            let milliseconds = UInt64(value[value.index(value.startIndex, offsetBy: 2)..<comma]),
            value[comma...].hasPrefix(",v1=")
        else { return false }
        let now = wallNanoseconds / 1_000_000
        let difference = now > milliseconds ? now - milliseconds : milliseconds - now
        guard difference <= Self.windowMilliseconds else { return false }
        var hex = Array(value[comma...].dropFirst(4).utf8)
        let given = hex.withUnsafeMutableBytes { Hexadecimal.bytes(UnsafeRawBufferPointer($0)) }
        let expected = Self.code(key, method: head.method.text, path: head.path, milliseconds: milliseconds, body: body)
        return given.map { ConstantTime.equals($0, expected) } ?? false
    }

    private static func code(
        _ key: HMACKey, method: String, path: String, milliseconds: UInt64, body: [UInt8]
    ) -> [UInt8] {
        var message: [UInt8] = []
        message.append(utf8: method)
        message.append(0x0A)
        message.append(utf8: path)
        message.append(0x0A)
        message.append(decimal: milliseconds)
        message.append(0x0A)
        message.append(contentsOf: SHA256.digest(body))
        return message.withUnsafeBytes { key.code($0) }
    }

    /// 16 bytes that bind a text to the secret; empty without one.
    func seal(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        key.map { Array($0.code(text).prefix(16)) } ?? []
    }
}
