import Core

/// What proves that a client is the one that a session was opened for: 128 random bits, and where the session is to be
/// found. As text: 16 hexadecimal digits of the instance, 16 of the handle, 32 of the secret.
public struct SessionToken: Sendable {
    public static let textBytes = 64

    /// Of the process and loop that made it: another one's handles mean something else.
    public let instance: UInt64
    public let handle: UInt64
    public let secret: Secret

    /// Compared in constant time, and so not `Equatable`.
    public struct Secret: Sendable {
        let high: UInt64
        let low: UInt64

        public init(random: inout RandomSource) {
            high = random.next()
            low = random.next()
        }

        /// For tests and simulations, whose secrets are repeatable.
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        func matches(_ other: Secret) -> Bool { (high ^ other.high) | (low ^ other.low) == 0 }
    }

    public init(instance: UInt64, handle: UInt64, secret: Secret) {
        self.instance = instance
        self.handle = handle
        self.secret = secret
    }

    /// Nil if the text is no token at all.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == Self.textBytes,
            let instance = Hexadecimal.number(text.slice(0..<16)), let handle = Hexadecimal.number(text.slice(16..<32)),
            let high = Hexadecimal.number(text.slice(32..<48)), let low = Hexadecimal.number(text.slice(48..<64))
        else { return nil }
        self.init(instance: instance, handle: handle, secret: Secret(high: high, low: low))
    }

    public func append(to output: inout [UInt8]) {
        output.append(hex: instance)
        output.append(hex: handle)
        output.append(hex: secret.high)
        output.append(hex: secret.low)
    }
}
