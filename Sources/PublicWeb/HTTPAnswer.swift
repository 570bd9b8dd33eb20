import Core

/// A response as one loop makes it for a request that another one has.
struct HTTPAnswer: Sendable {
    var status: Int
    var contentType: String?
    var headers: [(name: StaticString, value: String)] = []
    var body: [UInt8] = []
    /// Instead of all of these.
    var problem: Problem?

    init(
        status: Int, contentType: String? = nil, headers: [(name: StaticString, value: String)] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    init(_ problem: Problem) {
        status = problem.kind.status
        self.problem = problem
    }
}
