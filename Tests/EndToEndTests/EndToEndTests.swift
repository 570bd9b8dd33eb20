import Testing

/// The release programs as processes, over a real RabbitMQ. One test at a time: they restart its node.
@Suite(.serialized) enum EndToEndTests {}
