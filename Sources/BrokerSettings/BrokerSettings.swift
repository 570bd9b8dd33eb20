import Broker
import Configuration
import Core
import Program
import Telemetry

/// What a program that talks to RabbitMQ can be told of it, and the broker made of that.
public enum BrokerSettings {
    public static let settings = [
        Setting(
            "amqp-url", .secret, default: "amqp://guest:guest@127.0.0.1:5672/",
            "RabbitMQ, as amqp://user:password@host:port/vhost, or amqps:// for TLS."),
        Setting("amqp-ca", .text, "The authorities that may sign the broker's certificate, a PEM file."),
        Setting(
            "amqp-heartbeat-seconds", .integer(1...3600), default: "15", "A silent broker is given up after twice that."
        ),
    ]

    /// Throws what is wrong with them, as far as it can be seen without a broker.
    public static func check(_ settings: Configuration) throws(SettingsProblem) {
        if let file = settings.optionalText("amqp-ca"), case .failure(let error) = FileReader.read(file) {
            throw SettingsProblem("--amqp-ca: the file \(file) can't be read: \(error)")
        }
        do throws(BrokerConfigurationError) {
            _ = try AMQPBroker(
                configuration: AMQPConfiguration(url: settings.text("amqp-url"), connectionName: "check"),
                topology: Topology())
        } catch {
            throw SettingsProblem("\(error)")
        }
    }

    public static func makeBroker(
        _ settings: Configuration, service: String, topology: Topology, logger: Logger, registry: MetricsRegistry
    ) throws(SettingsProblem) -> any MessageBroker {
        var configuration = AMQPConfiguration(url: settings.text("amqp-url"), connectionName: "switchboard \(service)")
        configuration.certificateAuthoritiesFile = settings.optionalText("amqp-ca")
        configuration.heartbeatSeconds = settings.integer("amqp-heartbeat-seconds")
        let broker: AMQPBroker
        do throws(BrokerConfigurationError) {
            broker = try AMQPBroker(configuration: configuration, topology: topology)
        } catch {
            throw SettingsProblem("\(error)")
        }
        observe(broker, logger: logger, registry: registry)
        let limits = configuration.limits
        registry.queue("publish", unit: "events", limit: limits.eventsWaitingMax) { [weak broker] in
            Double(broker?.statistics.eventsWaiting ?? 0)
        }
        registry.queue("publish", unit: "bytes", limit: limits.bytesWaitingMax) { [weak broker] in
            Double(broker?.statistics.bytesWaiting ?? 0)
        }
        return broker
    }

    /// Diagnostics go to the log, counts to the metrics.
    public static func observe(_ broker: any MessageBroker, logger: Logger, registry: MetricsRegistry) {
        broker.onDiagnostic = { diagnostic in
            if diagnostic.kind.isRoutine {
                logger.info("broker", ["kind": .string(diagnostic.kind.rawValue), "detail": .string(diagnostic.text)])
            } else {
                logger.warning(
                    "broker", ["kind": .string(diagnostic.kind.rawValue), "detail": .string(diagnostic.text)])
            }
        }
        registry.gauge("switchboard_broker_connected", "Whether the broker is connected") { [weak broker] in
            broker?.isConnected == true ? 1 : 0
        }
        counters(registry, broker)
        registry.gauge("switchboard_broker_events_waiting", "Events posted and without an outcome yet") {
            [weak broker] in
            Double(broker?.statistics.eventsWaiting ?? 0)
        }
        registry.gauge("switchboard_broker_bytes_waiting", "Bytes of events posted and without an outcome yet") {
            [weak broker] in Double(broker?.statistics.bytesWaiting ?? 0)
        }
        registry.gauge("switchboard_broker_messages_unsettled", "Messages delivered and not settled yet") {
            [weak broker] in Double(broker?.statistics.messagesUnsettled ?? 0)
        }
    }

    private static func counters(_ registry: MetricsRegistry, _ broker: any MessageBroker) {
        typealias Count = @Sendable (BrokerStatistics) -> UInt64
        let counts: [(name: String, help: String, read: Count)] = [
            ("messages_published", "Messages handed to the broker", { $0.messagesPublished }),
            ("events_published", "Events handed to the broker", { $0.eventsPublished }),
            ("messages_confirmed", "Messages the broker confirmed", { $0.messagesConfirmed }),
            ("messages_returned", "Messages no queue took", { $0.messagesReturned }),
            ("messages_refused", "Messages the broker refused", { $0.messagesNegativelyConfirmed }),
            ("groups_refused", "Groups of events refused because too many waited", { $0.groupsRefused }),
            ("messages_consumed", "Messages taken from the broker", { $0.messagesConsumed }),
            ("messages_redelivered", "Messages taken that were delivered before", { $0.messagesRedelivered }),
            ("messages_acknowledged", "Messages acknowledged", { $0.messagesAcknowledged }),
            ("messages_rejected", "Messages given back or dead-lettered", { $0.messagesRejected }),
            ("connects", "Connections established", { $0.connects }),
            ("connections_lost", "Connections lost", { $0.connectionsLost }),
        ]
        for count in counts {
            registry.counter("switchboard_broker_\(count.name)_total", count.help) { [weak broker] in
                Double(broker.map { count.read($0.statistics) } ?? 0)
            }
        }
    }
}
