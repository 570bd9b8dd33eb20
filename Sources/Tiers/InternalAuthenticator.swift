import Core
import Crypto
import HTTP1

/// Authenticates calls between the tiers with their shared secret: HMAC-SHA-256 over method, path, time, a random number
/// and the body's digest, in the header `Switchboard-Signature: t=<Unix milliseconds>,n=<16 hex>,v2=<hex>`. A call is
/// accepted once.
///
/// Without a secret nothing is signed and everything passes: listeners then bind to loopback only. It belongs to one
/// thread; what it remembers may be shared.
public final class InternalAuthenticator {
    /// How far the caller's clock may differ.
    public static let windowMilliseconds: UInt64 = 60_000
    public static let headerName: StaticString = "switchboard-signature"
    private static let nonceDigits = 16

    /// Why a call that its own tier signed is answered with 401.
    public static let refusalReason = "the tiers' internal secrets differ, or their clocks do"

    /// The first one signs; each is accepted. None without a secret.
    private var keys: [HMACKey] = []
    private let memory: ReplayMemory
    private var random = RandomSource()

    /// - Parameters:
    ///   - secret: its lines are secrets each, so that one can be replaced by another without a pause: the first signs, and
    ///     all are accepted.
    ///   - memory: of the calls that were accepted.
    public init(secret: [UInt8]?, memory: ReplayMemory = ReplayMemory()) {
        self.memory = memory
        set(secret: secret)
    }

    /// From now on. What another secret has signed is no longer accepted.
    public func set(secret: [UInt8]?) { keys = secret.map { Self.secrets(in: $0).map { HMACKey($0) } } ?? [] }

    /// The lines that have something in them; an empty text is the one secret that it is.
    public static func secrets(in text: [UInt8]) -> [[UInt8]] {
        let lines = text.split { $0 == 0x0A || $0 == 0x0D }.map { Array($0) }
        return lines.isEmpty ? [text] : lines
    }

    public var isOpen: Bool { keys.isEmpty }

    /// The header line for a call; nil without a secret. Each call has one of its own.
    public func headerLine(
        method: String = "POST", path: String, body: [UInt8], wallNanoseconds: UInt64
    ) -> String? {
        guard let key = keys.first else { return nil }
        let stamp = Stamp(milliseconds: wallNanoseconds / 1_000_000, nonce: random.next())
        let code = Self.code(key, Self.message(method, path, stamp, body))
        var nonce: [UInt8] = []
        nonce.append(hex: stamp.nonce)
        let text = String(decoding: nonce, as: UTF8.self)
        return "Switchboard-Signature: t=\(stamp.milliseconds),n=\(text),v2=\(Hexadecimal.string(code))"
    }

    public func verify(_ head: RequestHead, body: [UInt8], wallNanoseconds: UInt64) -> CallVerdict {
        guard !keys.isEmpty else { return .accepted }
        guard let value = head.headers.first(Self.headerName) else { return .unsigned }
        guard let (stamp, given) = Self.parse(value) else { return .malformed }
        let now = wallNanoseconds / 1_000_000
        let difference = now > stamp.milliseconds ? now - stamp.milliseconds : stamp.milliseconds - now
        guard difference <= Self.windowMilliseconds else { return .outsideWindow }
        let message = Self.message(head.method.text, head.path, stamp, body)
        guard keys.contains(where: { ConstantTime.equals(given, Self.code($0, message)) }) else {
            return .wrongSignature
        }
        return memory.admit(nonce: stamp.nonce, signedAt: stamp.milliseconds, now: now)
    }

    private struct Stamp {
        let milliseconds: UInt64
        let nonce: UInt64
    }

    private static func parse(_ value: String) -> (Stamp, code: [UInt8])? {
        let parts = value.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("t="), parts[1].hasPrefix("n="), parts[2].hasPrefix("v2="),
            parts[1].utf8.count == nonceDigits + 2, let milliseconds = UInt64(parts[0].dropFirst(2)),
            let nonce = Array(parts[1].utf8.dropFirst(2)).withUnsafeBytes({ Hexadecimal.number($0) }),
            let code = Array(parts[2].utf8.dropFirst(3)).withUnsafeBytes({ Hexadecimal.bytes($0) })
        else { return nil }
        return (Stamp(milliseconds: milliseconds, nonce: nonce), code)
    }

    private static func message(_ method: String, _ path: String, _ stamp: Stamp, _ body: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.append(utf8: method)
        message.append(0x0A)
        message.append(utf8: path)
        message.append(0x0A)
        message.append(decimal: stamp.milliseconds)
        message.append(0x0A)
        message.append(hex: stamp.nonce)
        message.append(0x0A)
        message.append(contentsOf: SHA256.digest(body))
        return message
    }

    private static func code(_ key: HMACKey, _ message: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { key.code($0) }
    }

    /// 16 bytes that bind a text to the secret; empty without one.
    func seal(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        keys.first.map { Array($0.code(text).prefix(16)) } ?? []
    }

    /// Whether one of the secrets has sealed the text so.
    func isSeal(_ seal: [UInt8], of text: UnsafeRawBufferPointer) -> Bool {
        keys.contains { ConstantTime.equals(seal, Array($0.code(text).prefix(16))) }
    }
}
