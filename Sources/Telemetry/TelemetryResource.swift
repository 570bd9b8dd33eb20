/// What telemetry says of its source, in OpenTelemetry's names.
public struct TelemetryResource: Sendable {
    public let attributes: [(String, AttributeValue)]

    /// - Parameter given: by the environment; they override the rest but the service's name.
    public init(
        service: String, version: String, instance: String, host: String, processID: Int, given: [(String, String)]
    ) {
        var all: [(String, AttributeValue)] = [
            ("service.name", .string(service)), ("service.instance.id", .string(instance)),
            ("service.version", .string(version)), ("host.name", .string(host)), ("process.pid", .integer(processID)),
            ("telemetry.sdk.name", .string("switchboard")), ("telemetry.sdk.language", .string("swift")),
            ("telemetry.sdk.version", .string(version)),
        ]
        for (key, value) in given where key != "service.name" {
            all.removeAll { $0.0 == key }
            all.append((key, .string(value)))
        }
        attributes = all
    }
}
