import HTTPServer

/// Where the answer to a request goes: to its exchange, or to the loop that has it. Answering twice does nothing.
enum Responder {
    case local(HTTPExchange)
    case remote(home: PublicWebLoop, origin: Int, wait: UInt64)

    func respond(_ answer: HTTPAnswer) {
        switch self {
        case .remote(let home, let origin, let wait): home.report(.answered(wait: wait, answer), to: origin)
        case .local(let exchange):
            if let problem = answer.problem { return exchange.respond(problem, headers: answer.headers) }
            exchange.respond(
                status: answer.status, contentType: answer.contentType, headers: answer.headers, body: answer.body)
        }
    }
}
