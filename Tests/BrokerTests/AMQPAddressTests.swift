import Testing

@testable import Broker

@Suite struct AMQPAddressTests {
    @Test(arguments: [
        ("amqp://host", "localhost guest guest / 5672", "host"),
        ("amqp://host/", "guest guest / 5672", "host"),
        ("amqp://user:pass@host:1234/vhost", "user pass vhost 1234", "host"),
        ("amqps://host", "guest guest / 5671 tls", "host"),
        ("AMQP://u@[::1]:7/%2F", "u guest / 7", "::1"),
        ("amqp://u:p%40%3a%2f@host/%2Fa%20b", "u p@:/ /a b 5672", "host"),
        ("amqp://u:a:b@host", "u a:b / 5672", "host"),
        ("amqp://u:p@ss@host", "u p@ss / 5672", "host"),
    ])
    func wellFormed(_ url: String, _ expected: String, _ host: String) throws {
        let address = try AMQPAddress(url: url)
        let text =
            "\(address.user) \(address.password) \(address.virtualHost) \(address.port)\(address.isTLS ? " tls" : "")"
        #expect(text == expected.replacing("localhost ", with: ""))
        #expect(address.host == host)
    }

    @Test(arguments: [
        "", "host", "amqp:", "amqp:/host", "amqp://", "amqp://:5672", "amqp://host:", "amqp://host:0",
        "amqp://host:65536",
        "amqp://host:x", "amqp://a:b:c", "amqp://host/a/b", "amqp://host/a?b=c", "amqp://u:%zz@host",
        "amqp://u:%4@host",
        "amqp://[::1]x", "amqp://h%00st", "amqp://u:%ff@host",
    ])
    func malformed(_ url: String) {
        #expect(throws: BrokerConfigurationError.self) { try AMQPAddress(url: url) }
    }

    @Test func errorsKeepThePasswordToThemselves() {
        for url in ["amqp://user:secret@host:x/", "amqp://user:se/cret@host"] {
            do {
                _ = try AMQPAddress(url: url)
                Issue.record("\(url) was taken")
            } catch {
                #expect(!error.description.contains("cret"), "\(error.description)")
            }
        }
        #expect(throws: BrokerConfigurationError.unknownScheme("http")) { try AMQPAddress(url: "http://u:p@host") }
    }

    @Test func configurationIsChecked() {
        var configuration = AMQPConfiguration(url: "amqp://host", connectionName: "x")
        configuration.reconnectMaximumMilliseconds = 0
        #expect(throws: BrokerConfigurationError.self) {
            try AMQPBroker(configuration: configuration, topology: Topology())
        }
        let dangling = Topology(bindings: [Binding(exchange: "a", queue: "b", routingKey: "c")])
        #expect(throws: BrokerConfigurationError.self) {
            try InMemoryBroker(hub: InMemoryHub(), topology: dangling)
        }
    }
}
