import Core
import HTTP1

/// Which requests a client has sent, to hold against the answers.
struct RequestOracle {
    enum Request {
        case whole(RequestHead)
        /// Only its head, so far.
        case begun(RequestHead)
        case malformed(status: Int, RequestHead?)
        case none

        var head: RequestHead? {
            switch self {
            case .whole(let head), .begun(let head): head
            case .malformed(_, let head): head
            case .none: nil
            }
        }
    }

    private var parser: RequestParser
    private var sent: [UInt8] = []
    private var begun: RequestHead?
    private var found: Request?

    init(limits: HTTPLimits) { parser = RequestParser(limits: limits) }

    mutating func send(_ bytes: ArraySlice<UInt8>) { sent += bytes }

    /// The first that has no answer yet.
    mutating func next() -> Request {
        if let found { return found }
        var consumed = 0
        defer { sent.removeFirst(consumed) }
        while true {
            do throws(HTTPParseError) {
                let isOver = try sent.withBytes { bytes throws(HTTPParseError) -> Bool? in
                    switch try parser.next(bytes.slice(consumed..<bytes.count), consumed: &consumed) {
                    case .needMoreData: return nil
                    case .head(let head): begun = head
                    case .body: break
                    case .end: return true
                    }
                    return false
                }
                guard let isOver else { return begun.map { .begun($0) } ?? .none }
                if isOver, let head = begun {
                    found = .whole(head)
                    return .whole(head)
                }
            } catch {
                let request = Request.malformed(status: error.problemKind.status, begun)
                found = request
                return request
            }
        }
    }

    /// The first was answered.
    mutating func answered() {
        found = nil
        begun = nil
    }
}
