import CloudEvents
import Core
import JSON

/// Events as JSON, and what is read of them.
enum EventText {
    static func request(id: [UInt8], source: Int, data: [UInt8], correlationID: [UInt8]? = nil) -> [UInt8] {
        var event: [UInt8] = []
        event.append("{\"specversion\":\"1.0\",\"id\":\"")
        event.append(contentsOf: id)
        event.append("\",\"source\":\"/client/")
        event.append(decimal: UInt64(source))
        event.append("\",\"type\":\"Request\"")
        if let correlationID {
            event.append(",\"correlationid\":\"")
            event.append(contentsOf: correlationID)
            event.append("\"")
        }
        event.append(",\"data\":")
        event.append(contentsOf: data)
        event.append("}")
        return event
    }

    static func control(_ type: String, id: [UInt8], data: String?) -> [UInt8] {
        var text = "{\"specversion\":\"1.0\",\"id\":\"\(String(decoding: id, as: UTF8.self))\","
        text += "\"source\":\"/client\",\"type\":\"\(type)\""
        if let data { text += ",\"data\":\(data)" }
        return Array((text + "}").utf8)
    }

    /// FNV-1a, so that a seed repeats it.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        return hash
    }

    static func decoded(_ raw: UnsafeRawBufferPointer?) -> [UInt8] {
        guard let raw else { return [] }
        return raw.contains(0x5C) ? JSONWriter.unescape(raw) ?? Array(raw) : Array(raw)
    }

    /// The kind of problem that an event of type `switchboard.error` tells; nil for any other event.
    static func problem(_ event: [UInt8]) -> ProblemKind? {
        event.withUnsafeBytes { bytes in
            guard let envelope = try? EventEnvelope.scan(bytes, rules: .lenient),
                envelope.value(.type, in: bytes)?.equals(ErrorEvent.type) == true
            else { return nil }
            let data = envelope.value(.data, in: bytes).flatMap { try? JSONValue.parse(Array($0)) }
            let name = data?["type"]?.string?.split(separator: ":").last.map(String.init) ?? ""
            return ProblemKind(rawValue: name) ?? .listenerFailed
        }
    }

    static func name(_ id: [UInt8]) -> String { String(decoding: id, as: UTF8.self) }
}
