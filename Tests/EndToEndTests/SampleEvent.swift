import Foundation

/// Events as a client writes them.
enum SampleEvent {
    static let structured = "Content-Type: application/cloudevents+json"
    static let batch = "Content-Type: application/cloudevents-batch+json"

    /// - Parameter lifetimeSeconds: from now to its `expirytime`; nil: none is given.
    static func ping(
        _ id: String, type: String = "PingRequest", lifetimeSeconds: Double? = nil, data: String? = nil
    ) -> String {
        var members = ["\"specversion\":\"1.0\"", "\"id\":\"\(id)\"", "\"source\":\"/tests\"", "\"type\":\"\(type)\""]
        if let lifetimeSeconds {
            members.append("\"expirytime\":\"\(timestamp(Date(timeIntervalSinceNow: lifetimeSeconds)))\"")
        }
        if let data { members.append("\"data\":\(data)") }
        return "{\(members.joined(separator: ","))}"
    }

    /// What must hold of a PingResponse besides the data that it echoes. - Returns: what does not.
    static func faults(
        _ answer: [String: Any], answering id: String?, session: String? = nil, between earliest: Date
    ) -> [String] {
        var faults: [String] = []
        func check(_ isTrue: Bool, _ fault: String) { if !isTrue { faults.append(fault) } }
        check(
            answer["specversion"] as? String == "1.0" && answer["type"] as? String == "PingResponse", "no PingResponse")
        check(answer["source"] as? String == "/ping-listener", "another source")
        check((answer["id"] as? String)?.isEmpty == false, "no id")
        if let id { check(answer["causationid"] as? String == id, "another causationid") }
        let correlation = answer["correlationid"] as? String
        check(session == nil ? correlation?.isEmpty == false : correlation == session, "another correlationid")
        check(answer["datacontenttype"] as? String == "application/json", "another datacontenttype")
        for name in ["returnaddress", "expirytime"] { check(answer[name] == nil, "it shows \(name)") }
        let received = (answer["data"] as? [String: Any])?["receivedat"] as? String ?? ""
        let form = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$"
        check(received.range(of: form, options: .regularExpression) != nil, "receivedat is `\(received)`")
        // As times of one form, their texts have their order.
        check((timestamp(earliest)...timestamp(Date())).contains(received), "another time")
        return faults
    }

    /// RFC 3339 with microseconds.
    private static func timestamp(_ date: Date) -> String {
        let microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded(.down))
        let whole = Date(timeIntervalSince1970: Double(microseconds / 1_000_000))
        return whole.ISO8601Format().dropLast() + String(format: ".%06dZ", microseconds % 1_000_000)
    }
}
