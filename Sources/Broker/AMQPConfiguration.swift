/// How an `AMQPBroker` reaches its RabbitMQ.
public struct AMQPConfiguration: Sendable {
    /// `amqp[s]://[user[:password]@]host[:port][/vhost]`, its parts percent-encoded.
    public var url: String
    /// Shown by RabbitMQ's tools, with the purpose of each connection behind it.
    public var connectionName: String
    /// PEM file of the authorities that may sign the broker's certificate; nil: those of the system.
    public var certificateAuthoritiesFile: String?
    /// Whether the broker's certificate must be valid and name the host (a DNS name: IP addresses fail).
    public var verifiesCertificate = true
    /// False for a program that only consumes: no connection is made for publishing.
    public var publishes = true
    public var heartbeatSeconds = 15
    /// To connect, and then for the broker's answer to each step of the greeting.
    public var connectTimeoutMilliseconds = 3000
    /// A connection whose data the broker's machine does not take for so long is given up.
    public var sendTimeoutMilliseconds = 5000
    /// The wait before the second attempt to connect; it doubles with each failure and is varied at random.
    public var reconnectMinimumMilliseconds = 100
    public var reconnectMaximumMilliseconds = 2000
    /// A delivered body beyond it is rejected (and so dead-lettered) unread.
    public var messageBytesMax = 16 << 20
    public var limits = PublishLimits()

    public init(url: String, connectionName: String) {
        self.url = url
        self.connectionName = connectionName
    }

    func validate() throws(BrokerConfigurationError) {
        func check(_ isValid: Bool, _ text: String) throws(BrokerConfigurationError) {
            if !isValid { throw .outOfRange(text) }
        }
        try check((1...3600).contains(heartbeatSeconds), "the heartbeat is 1 to 3,600 s")
        try check((1...600_000).contains(connectTimeoutMilliseconds), "the connect timeout is 1 to 600,000 ms")
        try check((1...600_000).contains(sendTimeoutMilliseconds), "the send timeout is 1 to 600,000 ms")
        try check(
            (1...max(1, reconnectMaximumMilliseconds)).contains(reconnectMinimumMilliseconds)
                && reconnectMaximumMilliseconds <= 600_000, "the reconnect delays are 1 to 600,000 ms, ascending")
        try check((1...(1 << 30)).contains(messageBytesMax), "the largest message is 1 byte to 1 GiB")
        try check(limits.messagesUnconfirmedMax > 0, "at least one message may be unconfirmed")
        try check(limits.confirmMillisecondsMax > 0, "a confirm may take at least a millisecond")
    }
}
