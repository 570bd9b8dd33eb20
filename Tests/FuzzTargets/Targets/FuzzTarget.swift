/// A parser and what must hold of it for every input. What does not hold traps.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case httpRequest = "http-request"
    case httpResponse = "http-response"
    case webSocketServer = "websocket-server"
    case webSocketClient = "websocket-client"
    case handshake
    case json
    case event
    case batch
    case httpBinding = "http-binding"
    case time
    case internalHeaders = "internal-headers"
    case configuration
    case otlp
    case token
    #if DEBUG || FUZZING
        case delivery = "amqp-delivery"
        case publicListener = "public-listener"
        case routingTable = "routing-table"
        case smallTexts = "small-texts"
    #endif

    /// - Parameter input: for the streaming parsers its first byte says how the rest is cut.
    public func check(_ input: [UInt8]) {
        switch self {
        case .httpRequest: HTTPFuzzing.request(input)
        case .httpResponse: HTTPFuzzing.response(input)
        case .webSocketServer: WebSocketFuzzing.decode(input, .server)
        case .webSocketClient: WebSocketFuzzing.decode(input, .client)
        case .handshake: WebSocketFuzzing.handshake(input)
        case .json: JSONFuzzing.check(input)
        case .event: EventFuzzing.event(input)
        case .batch: EventFuzzing.batch(input)
        case .httpBinding: EventFuzzing.binding(input)
        case .time: TextFuzzing.time(input)
        case .internalHeaders: TextFuzzing.internalHeaders(input)
        case .configuration: TextFuzzing.configuration(input)
        case .otlp: OTLPFuzzing.check(input)
        case .token: TokenFuzzing.check(input)
        #if DEBUG || FUZZING
            case .delivery: DeliveryFuzzing.check(input)
            case .publicListener: ListenerFuzzing.check(input)
            case .routingTable: SmallTextFuzzing.routingTable(input)
            case .smallTexts: SmallTextFuzzing.headers(input)
        #endif
        }
    }
}
