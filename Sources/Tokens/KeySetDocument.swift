import Crypto
import JSON

/// Reads a JSON Web Key Set (RFC 7517 §5). Keys that can't be used are passed over, as it asks: those of another kind,
/// for another purpose, for an algorithm that is not accepted, malformed or weak ones.
public enum KeySetDocument {
    public static let bytesMax = 256 * 1024
    public static let keysMax = 64
    private static let depthMax = 8
    private static let keyIDBytesMax = 512

    public static func keys(
        _ bytes: [UInt8], algorithms: Set<TokenAlgorithm>
    ) throws(KeySetError) -> TokenKeys {
        guard bytes.count <= bytesMax else { throw .tooLong }
        guard let document = try? TokenDocument(bytes, depthMax: depthMax),
            case .array(let elements)? = document["keys"]
        else { throw .notAKeySet }
        guard elements.count <= keysMax else { throw .tooManyKeys }
        let keys = elements.compactMap { key($0) }.filter { algorithms.contains($0.algorithm) }
        guard !keys.isEmpty else { throw .noUsableKey }
        let names = keys.compactMap(\.id)
        guard Set(names).count == names.count else { throw .repeatedKeyID }
        return TokenKeys(keys)
    }

    private static func key(_ value: JSONValue) -> TokenKey? {
        guard let document = try? TokenDocument(value), let key = try? material(document), isForChecking(document)
        else {
            return nil
        }
        // A key that has no name is found by its algorithm alone.
        let id = document["kid"]?.string
        guard document["kid"] == nil || id.map({ $0.utf8.count <= keyIDBytesMax }) == true else { return nil }
        let found = TokenKey(id: id, key)
        // What a key is for can be said, and then is not to be something else.
        if let algorithm = document["alg"], algorithm.string != found.algorithm.rawValue { return nil }
        return found
    }

    private static func isForChecking(_ document: TokenDocument) -> Bool {
        if let use = document["use"], use.string != "sig" { return false }
        guard document["key_ops"] != nil else { return true }
        return (try? document.strings("key_ops"))?.contains("verify") == true
    }

    /// Nil if it is of another kind.
    private static func material(_ document: TokenDocument) throws -> SignatureKey? {
        func bytes(_ name: String) throws(TokenError) -> [UInt8] {
            guard let bytes = try document.string(name).flatMap({ Base64URL.decode($0) }) else { throw .malformed }
            return bytes
        }
        switch (document["kty"]?.string, document["crv"]?.string) {
        case ("RSA", _): return try SignatureKey(rsaModulus: try bytes("n"), exponent: try bytes("e"))
        case ("EC", "P-256"): return try SignatureKey(p256X: try bytes("x"), y: try bytes("y"))
        case ("OKP", "Ed25519"): return try SignatureKey(ed25519: try bytes("x"))
        case ("oct", _): return try SignatureKey(secret: try bytes("k"))
        default: return nil
        }
    }
}
