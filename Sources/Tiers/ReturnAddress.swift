import Core
import Crypto

/// Where the answer to an event goes: the public-web instance and the place in it that waits. It travels as the opaque
/// extension attribute `returnaddress`, which services copy and nobody can forge:
/// `<instance, 16 hex><handle, 16 hex>.<seal, 32 hex or nothing>.<URL of the instance's internal listener>`.
public struct ReturnAddress: Equatable, Sendable {
    private static let urlBytesMax = 512

    /// A random number of the process: handles of an earlier one at the same URL are not its own.
    public let instance: UInt64
    public let handle: UInt64
    public let url: String

    public init(instance: UInt64, handle: UInt64, url: String) {
        self.instance = instance
        self.handle = handle
        self.url = url
    }

    public func append(by authenticator: InternalAuthenticator, to output: inout [UInt8]) {
        output.append(hex: instance)
        output.append(hex: handle)
        output.append(0x2E)
        if !authenticator.isOpen { appendSeal(by: authenticator, to: &output) }
        output.append(0x2E)
        output.append(utf8: url)
    }

    private func appendSeal(by authenticator: InternalAuthenticator, to output: inout [UInt8]) {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(32 + url.utf8.count)
        sealed.append(hex: instance)
        sealed.append(hex: handle)
        sealed.append(utf8: url)
        for byte in sealed.withUnsafeBytes({ authenticator.seal($0) }) { output.append(hex: UInt64(byte), digits: 2) }
    }

    public func encoded(by authenticator: InternalAuthenticator) -> [UInt8] {
        var text: [UInt8] = []
        append(by: authenticator, to: &text)
        return text
    }

    /// The URL to answer to; nil if the address is malformed or its seal is wrong. Without a secret only loopback URLs
    /// are accepted, so that an event can't make the dispatcher call somewhere else.
    public static func verifiedURL(
        in text: UnsafeRawBufferPointer, by authenticator: InternalAuthenticator
    ) -> UnsafeRawBufferPointer? {
        guard let parsed = split(text) else { return nil }
        if authenticator.isOpen { return parsed.seal.isEmpty && isLoopback(parsed.url) ? parsed.url : nil }
        var sealed = Array(text.slice(0..<32))
        sealed.append(bytes: parsed.url)
        guard let seal = Hexadecimal.bytes(parsed.seal), sealed.withUnsafeBytes({ authenticator.isSeal(seal, of: $0) })
        else { return nil }
        return parsed.url
    }

    /// Instance and handle, unverified: enough for the instance that made it, whose callers are authenticated.
    public static func place(in text: UnsafeRawBufferPointer) -> (instance: UInt64, handle: UInt64)? {
        split(text).map { ($0.instance, $0.handle) }
    }

    private typealias Parts = (
        instance: UInt64, handle: UInt64, seal: UnsafeRawBufferPointer, url: UnsafeRawBufferPointer
    )

    private static func split(_ text: UnsafeRawBufferPointer) -> Parts? {
        guard text.count > 34, text.count <= urlBytesMax, text[32] == 0x2E,
            let instance = Hexadecimal.number(text.slice(0..<16)), let handle = Hexadecimal.number(text.slice(16..<32))
        else { return nil }
        let urlStart: Int
        if text[33] == 0x2E {
            urlStart = 34
        } else if text.count > 66, text[65] == 0x2E {
            urlStart = 66
        } else {
            return nil
        }
        return (instance, handle, text.slice(33..<urlStart - 1), text.slice(urlStart..<text.count))
    }

    private static func isLoopback(_ url: UnsafeRawBufferPointer) -> Bool {
        let schemes: [StaticString] = ["http://", "https://"]
        guard let scheme = schemes.first(where: { url.hasPrefix($0) }) else { return false }
        let authority = url.slice(scheme.utf8CodeUnitCount..<url.count)
        let end = authority.firstIndex(of: 0x2F) ?? authority.count
        let place = authority.slice(0..<end)
        // `127.evil.example` and `127.0.0.1@evil.example` are not loopback.
        if place.hasPrefix("127.") { return place.allSatisfy { (0x30...0x3A).contains($0) || $0 == 0x2E } }
        return (place.hasPrefix("localhost:") || place.hasPrefix("[::1]:")) && !place.contains(0x40)
    }
}
