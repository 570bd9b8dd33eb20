import Core
import HTTP1
import TestSupport

/// What the parser says must not depend on how its input is cut.
enum HTTPFuzzing {
    static func request(_ input: [UInt8]) {
        guard let seed = input.first else { return }
        let bytes = Array(input.dropFirst())
        let limits = HTTPLimits(requestLineBytesMax: 64, headerBytesMax: 256, headerCountMax: 8, bodyBytesMax: 64)
        let whole = transcript(bytes, .whole, limits)
        let cut = transcript(bytes, seed == 0 ? .byteByByte : .random(seed: UInt64(seed)), limits)
        precondition(whole == cut, "\(whole) but \(cut)")
    }

    private static func transcript(_ bytes: [UInt8], _ cutting: Cutting, _ limits: HTTPLimits) -> [String] {
        var parser = RequestParser(limits: limits)
        var lines: [String] = []
        var body: [UInt8] = []
        var hasFailed = false
        DripFeed.run(bytes, cutting) { bytes in
            if hasFailed { return (0, false) }
            var consumed = 0
            do throws(HTTPParseError) {
                switch try parser.next(UnsafeRawBufferPointer(bytes), consumed: &consumed) {
                case .needMoreData: return (consumed, false)
                case .head(let head):
                    lines.append("\(head.method.text) \(head.path) \(head.query ?? "-") \(head.contentLength ?? -1)")
                case .body(let piece):
                    precondition(!piece.isEmpty)
                    body += piece
                case .end:
                    precondition(body.count <= limits.bodyBytesMax)
                    lines.append("body \(body)")
                    body = []
                }
                return (consumed, true)
            } catch {
                lines.append("error \(error)")
                hasFailed = true
                return (consumed, false)
            }
        }
        return lines
    }

    static func response(_ input: [UInt8]) {
        guard let seed = input.first else { return }
        let bytes = Array(input.dropFirst())
        func transcript(_ cutting: Cutting) -> String {
            var parser = ResponseHeadParser(limits: HTTPLimits(headerBytesMax: 256, headerCountMax: 8))
            var said = "waiting"
            DripFeed.run(bytes, cutting) { bytes in
                guard said == "waiting" else { return (0, false) }
                var consumed = 0
                do throws(HTTPParseError) {
                    if let head = try parser.next(UnsafeRawBufferPointer(bytes), consumed: &consumed) {
                        said = "\(head.status) \(head.reason)"
                    }
                } catch { said = "error \(error)" }
                return (consumed, false)
            }
            return said
        }
        let whole = transcript(.whole)
        let cut = transcript(seed == 0 ? .byteByByte : .random(seed: UInt64(seed)))
        precondition(whole == cut, "\(whole) but \(cut)")
    }
}
