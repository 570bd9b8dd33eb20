import Core
import Telemetry

/// The bytes of all requests of a load, of which only the id differs, and the trace where there is one.
struct RequestTemplate {
    private struct Form {
        var bytes: [UInt8] = []
        var nameAt = 0
        var traceAt = 0

        mutating func append(_ text: String) { bytes.append(utf8: text) }

        mutating func appendName() {
            nameAt = bytes.count
            bytes.append(contentsOf: Array(repeating: 0x30, count: RequestName.bytes))
        }

        mutating func appendTrace() {
            traceAt = bytes.count
            bytes.append(contentsOf: Array(repeating: 0x30, count: TraceContext.traceparentBytes))
        }
    }

    private var plain: Form
    private var traced: Form
    private let run: UInt32

    /// An event for a WebSocket. - Parameter size: of the untraced event; small ones are as small as they can be.
    static func event(run: UInt32, size: Int) -> RequestTemplate {
        func form(padding: Int, isTraced: Bool) -> Form {
            var form = Form()
            form.append(#"{"specversion":"1.0","id":""#)
            form.appendName()
            form.append(#"","source":"/switchboard/bench","type":"PingRequest","#)
            if isTraced {
                form.append(#""traceparent":""#)
                form.appendTrace()
                form.append(#"","#)
            }
            form.append(#""datacontenttype":"application/json","data":{"padding":""#)
            form.append(String(repeating: "x", count: padding) + #""}}"#)
            return form
        }
        let padding = max(0, size - form(padding: 0, isTraced: false).bytes.count)
        return RequestTemplate(
            plain: form(padding: padding, isTraced: false), traced: form(padding: padding, isTraced: true), run: run)
    }

    /// `POST /ping`. - Parameters:
    ///   - size: of its body.
    ///   - headers: further lines of the head, each with its end.
    static func post(run: UInt32, size: Int, host: String, headers: String = "") -> RequestTemplate {
        let (before, between, after) = (#"{"id":""#, #"","padding":""#, #""}"#)
        let fixed = before.utf8.count + RequestName.bytes + between.utf8.count + after.utf8.count
        let padding = max(0, size - fixed)
        func form(isTraced: Bool) -> Form {
            var form = Form()
            form.append("POST /ping HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/json\r\n" + headers)
            form.append("Content-Length: \(fixed + padding)\r\n")
            if isTraced {
                form.append("traceparent: ")
                form.appendTrace()
                form.append("\r\n")
            }
            form.append("\r\n" + before)
            form.appendName()
            form.append(between + String(repeating: "x", count: padding) + after)
            return form
        }
        return RequestTemplate(plain: form(isTraced: false), traced: form(isTraced: true), run: run)
    }

    var bytes: Int { plain.bytes.count }

    /// The memory is valid only during the call.
    mutating func withRequest(
        session: UInt32, number: UInt64, trace: TraceContext?, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        guard let trace else { return Self.fill(&plain, run, session, number, nil, body) }
        Self.fill(&traced, run, session, number, Array(trace.traceparent.utf8), body)
    }

    private static func fill(
        _ form: inout Form, _ run: UInt32, _ session: UInt32, _ number: UInt64, _ trace: [UInt8]?,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        let (nameAt, traceAt) = (form.nameAt, form.traceAt)
        form.bytes.withUnsafeMutableBytes { bytes in
            let name = UnsafeMutableRawBufferPointer(rebasing: bytes[nameAt..<nameAt + RequestName.bytes])
            RequestName.write(run: run, session: session, number: number, into: name)
            if let trace {
                UnsafeMutableRawBufferPointer(rebasing: bytes[traceAt..<traceAt + trace.count]).copyBytes(from: trace)
            }
            body(UnsafeRawBufferPointer(bytes))
        }
    }
}
