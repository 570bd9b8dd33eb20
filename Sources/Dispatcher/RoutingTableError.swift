/// What is wrong with a routes file.
public enum RoutingTableError: Error, Equatable, CustomStringConvertible {
    case notJSON(String)
    case missingRoutes
    case tooMany(Int)
    case unknownMember(String, route: Int?)
    case wrongValue(String, String)
    case duplicateType(String)

    public var description: String {
        switch self {
        case .notJSON(let reason): "it is not JSON: \(reason)"
        case .missingRoutes: "it needs a member `routes`, a list"
        case .tooMany(let most): "it has more than \(most) routes"
        case .unknownMember(let name, nil): "it has an unknown member `\(name)`; there is only `routes`"
        case .unknownMember(let name, let route?):
            "routes[\(route)] has an unknown member `\(name)`; known are type, exchange, routingkey, durable, batcheventsmax"
        case .wrongValue(let name, let wanted): "\(name) must be \(wanted)"
        case .duplicateType(let type): "the type `\(type)` is routed twice"
        }
    }
}
