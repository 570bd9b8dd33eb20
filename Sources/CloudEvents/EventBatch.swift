import Core
import JSON

/// Several events in one JSON array (CloudEvents JSON format §4).
public enum EventBatch {
    /// Every event in its order; a single event that is no array counts as a batch of one. Envelopes refer to `bytes`.
    /// Events before a malformed one have been handed out when it throws.
    /// - Parameters:
    ///   - eventsMax: one more, event or not, throws `tooMany`.
    ///   - malformed: is given what is JSON and no event, in its turn; without it that throws.
    public static func forEach(
        _ bytes: UnsafeRawBufferPointer, rules: EventEnvelope.Rules, eventsMax: Int = .max,
        malformed: ((EventError) -> Void)? = nil, _ body: (EventEnvelope) -> Void
    ) throws(EventError) {
        let start = JSONScanner.skipSpace(bytes, 0)
        if start < bytes.count, bytes[start] == 0x7B { return body(try EventEnvelope.scan(bytes, rules: rules)) }
        guard start < bytes.count, bytes[start] == 0x5B else { throw .notArray }
        var count = 0
        let end = try JSONScanner.walkArray(bytes, at: start, depthMax: JSONScanner.depthMax) {
            element throws(EventError) in
            guard count < eventsMax else { throw .tooMany(eventsMax) }
            count += 1
            // The scan of the element finds its end, too: nothing is walked over twice.
            do throws(EventError) {
                let envelope = try EventEnvelope.scanPrefix(bytes, at: element, rules: rules)
                body(envelope)
                return envelope.extent.upperBound
            } catch {
                guard let malformed else { throw error }
                let end = try Self.end(of: element, in: bytes)
                malformed(error)
                return end
            }
        }
        let rest = JSONScanner.skipSpace(bytes, end)
        guard rest == bytes.count else { throw .notJSON(.trailingBytes(at: rest)) }
    }

    private static func end(of element: Int, in bytes: UnsafeRawBufferPointer) throws(EventError) -> Int {
        do throws(JSONError) {
            return try JSONScanner.skipValue(bytes, at: element, depthMax: JSONScanner.depthMax - 1)
        } catch {
            throw .notJSON(error)
        }
    }
}
