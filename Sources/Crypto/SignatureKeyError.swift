/// Why something is no key that signatures are checked with.
public enum SignatureKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable
    case privateKey
    case severalKeys
    case unsupportedKind
    case unsupportedCurve
    case weak(bits: Int, atLeast: Int)
    case tooLarge(bits: Int, atMost: Int)

    public var description: String {
        switch self {
        case .unreadable: "it is no public key"
        case .privateKey: "it holds a private key, which is not to leave the issuer: give the public key"
        case .severalKeys: "it holds more than one key: a JWKS document can"
        case .unsupportedKind: "it is neither an RSA, nor a P-256, nor an Ed25519 key"
        case .unsupportedCurve: "its curve is not P-256"
        case .weak(let bits, let atLeast): "it has \(bits) bits, and needs at least \(atLeast)"
        case .tooLarge(let bits, let atMost): "it has \(bits) bits, and may have at most \(atMost)"
        }
    }
}
