import CloudEvents
import Core
import JSON

/// What the body of a response, or a session's event, must be.
enum ListenerBody {
    static func check(_ body: [UInt8], status: Int, contentType: String?) {
        switch contentType {
        case "application/problem+json":
            guard let problem = try? JSONValue.parse(body) else { fail("a problem that is not JSON") }
            require(problem["status"]?.integer == status && status >= 400, "a problem of another status")
            require(problem["type"]?.string?.hasPrefix("urn:") == true && problem["title"]?.string != nil)
        case "application/json": require((try? JSONValue.parse(body)) != nil, "no JSON")
        case let type? where type.hasPrefix("text/plain") || type.hasPrefix("application/openmetrics-text"): break
        case MediaType.event: check(event: body)
        case MediaType.batch:
            body.withUnsafeBytes { bytes in
                let isBatch = (try? EventBatch.forEach(bytes, rules: .strict) { _ in }) != nil
                require(isBatch, "no batch: \(bytes.text)")
            }
        case let type: require(body.isEmpty, "a body of the type \(type ?? "-")")
        }
        require(status < 400 || contentType == "application/problem+json", "\(status) without a problem")
    }

    private static func check(event: [UInt8]) {
        event.withUnsafeBytes { bytes in
            require((try? EventEnvelope.scan(bytes, rules: .strict)) != nil, "no event: \(bytes.text)")
        }
    }

    /// Nil if it has none. What only the tiers may know must not be in it.
    static func sequence(ofEvent event: [UInt8]) -> UInt64? {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else {
                fail("no event: \(bytes.text)")
            }
            require(!envelope.has(.returnaddress) && !envelope.has(.expirytime), "of the tiers: \(bytes.text)")
            guard let text = envelope.string(.sequence, in: bytes) else { return nil }
            require(text.utf8.count == 16 && UInt64(text) != nil, "no sequence: \(text)")
            return UInt64(text)
        }
    }
}
