import CloudEvents
import Core
import EventTracing
import JSON

/// An accepted event is JSON, and is accepted again with the same attributes when it was rewritten or put into a batch.
enum EventFuzzing {
    static func event(_ input: [UInt8]) {
        for rules in [EventEnvelope.Rules.strict, .lenient] {
            input.withUnsafeBytes { bytes in
                guard let envelope = try? EventEnvelope.scan(bytes, rules: rules) else { return }
                precondition((try? JSONScanner.validate(bytes)) != nil, "an event that is not JSON")
                check(envelope, in: bytes, rules)
            }
        }
    }

    private static func check(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer, _ rules: EventEnvelope.Rules)
    {
        let dropped: EventEnvelope.Members = [.sequence, .correlationid, .returnaddress]
        var rewritten: [UInt8] = []
        envelope.appendRewritten(from: bytes, dropping: dropped, to: &rewritten) { writer in
            writer.string("sequence", "0000000000000001")
        }
        rewritten.withUnsafeBytes { again in
            guard let other = try? EventEnvelope.scan(again, rules: rules) else {
                preconditionFailure("refused when rewritten: \(again.text)")
            }
            for member in EventEnvelope.Member.allCases
            where ![.sequence, .correlationid, .returnaddress].contains(member) {
                let before = envelope.value(member, in: bytes).map { Array($0) }
                let after = other.value(member, in: again).map { Array($0) }
                precondition(before == after, "\(member) changed")
            }
            precondition(other.string(.sequence, in: again) == "0000000000000001")
            precondition(!other.has(.correlationid) && !other.has(.returnaddress))
        }
        if envelope.memberCount <= EventEnvelope.clientMembersMax { checkForwarded(envelope, in: bytes) }
    }

    /// What the gateway makes of a client's event is one by all rules, whatever stands in it.
    private static func checkForwarded(_ envelope: EventEnvelope, in bytes: UnsafeRawBufferPointer) {
        let own: [(name: StaticString, member: EventEnvelope.Member)] = [
            ("correlationid", .correlationid), ("sequence", .sequence), ("traceparent", .traceparent),
            ("tracestate", .tracestate), ("baggage", .baggage), ("expirytime", .expirytime),
            ("returnaddress", .returnaddress), ("servertiming", .servertiming),
        ]
        var forwarded: [UInt8] = []
        envelope.appendRewritten(
            from: bytes, dropping: own.reduce(into: []) { $0.insert(EventEnvelope.Members($1.member)) }, to: &forwarded
        ) { writer in
            for (name, _) in own { writer.rawString(name) { $0.append(0x78) } }
            if !envelope.has(.specversion) { writer.string("specversion", "1.0") }
            if !envelope.has(.id) { writer.string("id", "x") }
            if !envelope.has(.source) { writer.string("source", "/x") }
        }
        forwarded.withUnsafeBytes { text in
            guard let other = try? EventEnvelope.scan(text, rules: .strict) else {
                preconditionFailure("refused when forwarded: \(text.text)")
            }
            precondition(own.allSatisfy { other.value($0.member, in: text)?.equals("x") == true })
            precondition(EventEnvelope.Member.allCases.allSatisfy { !other.isNull($0) })
        }
        var hopped: [UInt8] = []
        envelope.append(from: bytes, context: .none, addingHop: "hop", nanoseconds: 1, to: &hopped)
        hopped.withUnsafeBytes { text in
            guard let other = try? EventEnvelope.scan(text, rules: .lenient) else {
                preconditionFailure("refused with a hop more: \(text.text)")
            }
            precondition(other.has(.servertiming))
        }
    }

    static func batch(_ input: [UInt8]) {
        var count = 0
        var isAccepted = true
        input.withUnsafeBytes { bytes in
            do throws(EventError) {
                try EventBatch.forEach(bytes, rules: .strict) { envelope in
                    count += 1
                    precondition(envelope.extent.upperBound <= bytes.count)
                    precondition(
                        bytes[envelope.extent.lowerBound] == 0x7B && bytes[envelope.extent.upperBound - 1] == 0x7D)
                }
            } catch { isAccepted = false }
            precondition(!isAccepted || (try? JSONScanner.validate(bytes)) != nil, "a batch that is not JSON")
        }
        guard isAccepted, case .array(let elements)? = try? JSONValue.parse(input) else { return }
        precondition(elements.count == count)
    }

    /// The first byte says how many of the lines are `ce-*` headers; the rest is the body.
    static func binding(_ input: [UInt8]) {
        let lines = input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false)
        let count = min(Int(input.first ?? 0) % 8, lines.count)
        var attributes: [(name: String, value: String)] = []
        for line in lines.prefix(count) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
            if parts.count == 2 { attributes.append(("ce-" + parts[0].lowercased(), String(parts[1]))) }
        }
        let body = Array(lines.dropFirst(count).joined(separator: [0x0A]))
        let contentType = attributes.first { $0.name == "ce-type" }?.value
        let event = try? body.withUnsafeBytes {
            try HTTPBinding.event(fromBinary: attributes, contentType: contentType, body: $0)
        }
        guard let event else { return }
        precondition((try? JSONValue.parse(event)) != nil, "a binary event that is not JSON")
    }
}
