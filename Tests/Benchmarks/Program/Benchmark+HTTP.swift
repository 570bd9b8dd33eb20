import Crypto
import HTTP1
import WebSocket

extension Benchmark {
    static var http: [Benchmark] {
        [
            Benchmark("http.request.post", "POST /events as curl sends it, with its body of 200 bytes") {
                (bytes: Samples.place(Samples.post), parser: RequestParser(limits: HTTPLimits()))
            } _: { state, count in
                for _ in 0..<count { Sink.use(parse(state.bytes, &state.parser).path.utf8.count) }
            },
            Benchmark("http.request.handshake", "GET /ws as a browser sends it, checked, and the 101") {
                (
                    bytes: Samples.place(Samples.handshake), parser: RequestParser(limits: HTTPLimits()),
                    output: [UInt8]()
                )
            } _: { state, count in
                for _ in 0..<count {
                    state.output.removeAll(keepingCapacity: true)
                    guard let upgrade = try? UpgradeRequest.parse(parse(state.bytes, &state.parser)) else {
                        preconditionFailure("the handshake is not taken")
                    }
                    let accept = Base64.encode(SHA1.digest(UpgradeRequest.acceptInput(key: upgrade.key)))
                    UpgradeRequest.appendAnswer(
                        accept: accept, subprotocol: upgrade.offers("cloudevents.json") ? "cloudevents.json" : nil,
                        to: &state.output)
                    Sink.use(state.output)
                }
            },
            Benchmark("http.response", "200 with three headers and a body of 400 bytes", isAllocationFree: true) {
                (
                    body: Samples.place([UInt8](repeating: 0x61, count: 400)), output: [UInt8](),
                    headers: [
                        ("Content-Type", "application/cloudevents+json"), ("Cache-Control", "no-store"),
                        (
                            "Server-Timing",
                            "public-web;dur=0.1,dispatcher;dur=0.4,ping-listener;dur=0.05,broker;dur=1.2"
                        ),
                    ] as [(name: StaticString, value: String)]
                )
            } _: { state, count in
                for _ in 0..<count {
                    state.output.removeAll(keepingCapacity: true)
                    ResponseEncoder.append(
                        status: 200, headers: state.headers, body: UnsafeRawBufferPointer(state.body), keepAlive: true,
                        to: &state.output)
                    Sink.use(state.output)
                }
            },
        ]
    }

    static func parse(_ bytes: UnsafeMutableRawBufferPointer, _ parser: inout RequestParser) -> RequestHead {
        var head: RequestHead?
        var consumed = 0
        Sink.touch(bytes)
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            switch try? parser.next(rest, consumed: &consumed) {
            case .head(let parsed)?: head = parsed
            case .body(let piece)?: Sink.use(piece)
            case .end?:
                guard let head, consumed == bytes.count else { preconditionFailure("the request has another end") }
                return head
            case .needMoreData?, nil: preconditionFailure("the request is not taken")
            }
        }
    }
}
