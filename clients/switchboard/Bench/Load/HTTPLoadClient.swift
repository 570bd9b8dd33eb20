import CLinux
import Core
import HTTP1
import JSON
import Reactor
import Telemetry

/// A kept connection under load: one POST after the other.
final class HTTPLoadClient: LoadClient {
    private static let bodyBytesMax = 1 << 20

    private var parser = ResponseHeadParser()
    /// Of the response whose body is to come.
    private var head: (status: Int, bodyBytes: Int)?
    private var pending: UInt64?
    private var isOpened = false
    private var verdict = ReconnectVerdict.backoff

    /// A request that any gateway answers, so that the connection is known to stand.
    override func greet(_ output: inout [UInt8]) {
        parser = ResponseHeadParser()
        head = nil
        pending = nil
        isOpened = false
        let endpoint = engine.options.connection.endpoint
        output.append(utf8: "GET /livez HTTP/1.1\r\nHost: \(endpoint.host):\(endpoint.port)\r\n\r\n")
    }

    override func appendRequest(_ number: UInt64, trace: TraceContext?, to output: inout [UInt8]) {
        pending = number
        engine.template.withRequest(session: UInt32(truncatingIfNeeded: index), number: number, trace: trace) {
            output.append(bytes: $0)
        }
    }

    /// Without a session, nobody will answer on another connection.
    override func disconnected() -> ReconnectVerdict {
        abandonPending()
        return verdict
    }

    override func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        var consumed = 0
        let now = SystemClock.monotonic().nanoseconds
        while channel?.isOpen == true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            if let head {
                guard rest.count >= head.bodyBytes else { break }
                consumed += head.bodyBytes
                self.head = nil
                receive(status: head.status, body: rest.slice(0..<head.bodyBytes), now)
                continue
            }
            do throws(HTTPParseError) {
                guard let next = try parser.next(rest, consumed: &consumed) else { break }
                let length = next.headers.withFirst("content-length") { $0.flatMap(AnswerScan.number) }
                guard let length, length <= UInt64(Self.bodyBytesMax) else {
                    giveUp("protocol: a response of unknown length")
                    break
                }
                head = (next.status, Int(length))
                parser = ResponseHeadParser()
            } catch { giveUp("protocol: \(error)") }
        }
        topUp(now)
        return consumed
    }

    private func receive(status: Int, body: UnsafeRawBufferPointer, _ now: UInt64) {
        guard isOpened else {
            guard status == 200 else {
                verdict = ReconnectVerdict.of(HandshakeRefusal(status: status))
                return giveUp("GET /livez: status \(status)")
            }
            isOpened = true
            return becomeReady(now: now)
        }
        guard let number = pending else { return engine.unknownArrived(index, "a response to no request") }
        pending = nil
        guard status == 200 else {
            return engine.answerArrived(self, number: number, problem: body, trace: body.slice(0..<0), now: now)
        }
        guard let scan = AnswerScan(body), echoes(number, body.slice(scan.data)) else {
            engine.unknownArrived(index, "an answer to something else")
            return abandonPending()
        }
        engine.answerArrived(self, number: number, problem: nil, trace: body.slice(scan.traceparent), now: now)
    }

    /// The answer tells the request's data, and with it the id.
    private func echoes(_ number: UInt64, _ data: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: RequestName.bytes, alignment: 8) { name in
            RequestName.write(
                run: engine.run, session: UInt32(truncatingIfNeeded: index), number: number, into: name)
            return clinux_memmem(data.baseAddress, data.count, name.baseAddress, name.count) != nil
        }
    }
}
