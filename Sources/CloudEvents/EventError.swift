import Core
import JSON

/// Why something is no CloudEvent.
public enum EventError: Error, Equatable, Sendable {
    case notJSON(JSONError)
    case notObject
    case missing(EventEnvelope.Member)
    case empty(EventEnvelope.Member)
    case wrongType(EventEnvelope.Member)
    case tooLong(EventEnvelope.Member)
    case duplicate(EventEnvelope.Member)
    case badSpecversion
    case badExtensionName
    case badExtensionValue
    case duplicateExtension
    case tooManyMembers
    case dataAndDataBase64
    case notArray
    case badHeader(String)
    /// So many may be in a batch.
    case tooMany(Int)

    public var kind: ProblemKind {
        if case .tooMany = self { .contentTooLarge } else { .malformedEvent }
    }

    /// For people.
    public var detail: String {
        switch self {
        case .notJSON(let error): "The event is not JSON: \(error)."
        case .notObject: "An event is a JSON object."
        case .missing(let member): "`\(member.name)` is missing."
        case .empty(let member): "`\(member.name)` is empty."
        case .wrongType(let member): "`\(member.name)` has the wrong JSON type."
        case .tooLong(let member): "`\(member.name)` is longer than \(member.bytesMax) bytes."
        case .duplicate(let member): "`\(member.name)` is there twice."
        case .badSpecversion: "`specversion` is not \"1.0\"."
        case .badExtensionName: "Attribute names consist of the characters a-z and 0-9, at most 64 of them."
        case .badExtensionValue: "Extension attributes are strings, numbers or booleans."
        case .duplicateExtension: "An extension attribute is there twice."
        case .tooManyMembers:
            "An event has at most \(EventEnvelope.clientMembersMax) members, with what tiers add \(EventEnvelope.membersMax)."
        case .dataAndDataBase64: "`data` and `data_base64` exclude each other."
        case .notArray: "A batch is a JSON array of events."
        case .tooMany(let max): "A batch has at most \(max) events."
        case .badHeader(let name): "The header `\(name)` is malformed."
        }
    }
}

extension EventError: JSONScanFailure {
    public init(_ error: JSONError) { self = .notJSON(error) }
}
