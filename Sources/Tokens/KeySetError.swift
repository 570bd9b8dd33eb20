/// Why a document is no set of keys that tokens can be checked with.
public enum KeySetError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLong
    case notAKeySet
    case tooManyKeys
    case repeatedKeyID
    case noUsableKey

    public var description: String {
        switch self {
        case .tooLong: "it is longer than \(KeySetDocument.bytesMax) bytes"
        case .notAKeySet: "it is no JSON Web Key Set"
        case .tooManyKeys: "it has more than \(KeySetDocument.keysMax) keys"
        case .repeatedKeyID: "two of its keys have the same `kid`"
        case .noUsableKey: "none of its keys can be used with the algorithms that are accepted"
        }
    }
}
