import Foundation
import TestSupport

/// JSON as Foundation reads it: another reader than the programs' own.
enum JSONText {
    static func object(_ text: some StringProtocol) -> [String: Any] { value(text) as? [String: Any] ?? [:] }

    static func array(_ text: some StringProtocol) -> [[String: Any]] { value(text) as? [[String: Any]] ?? [] }

    private static func value(_ text: some StringProtocol) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }
}

extension RawResponse {
    var json: [String: Any] { JSONText.object(body) }

    /// Status and kind of a problem, as `503 broker-unavailable`; of anything else the status alone.
    var verdict: String {
        guard header("content-type") == "application/problem+json", let type = json["type"] as? String else {
            return "\(status)"
        }
        return "\(json["status"] ?? "") \(type.split(separator: ":").last ?? "")"
    }
}
