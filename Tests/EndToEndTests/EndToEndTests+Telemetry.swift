import Glibc
import TestSupport
import Testing

extension EndToEndTests {
    /// What operators see of the programs.
    @Suite struct TelemetryTests {
        private static let tiers: [Deployment.Tier] = [.web, .dispatcher, .listener]

        /// What Prometheus itself has to say of the metrics, after some traffic.
        @Test func promtoolFindsNothingWrongWithAnyTiersMetrics() throws {
            let deployment = try Deployment.running(amqp: try VirtualHosts.take())
            #expect(try Pinging.run(deployment.webSocketURL, count: 3).answered.count == 3)
            let folder = try TemporaryFolder()
            for tier in Self.tiers {
                let metrics = try HTTPCall.get(port: deployment.internalPort(tier), "/metrics")
                #expect(metrics.status == 200 && metrics.body.contains("# TYPE switchboard_"))
                let file = try folder.write("metrics", metrics.body)
                let result = try RunningProgram.run("/bin/sh", ["-c", "exec promtool check metrics < '\(file)'"])
                #expect(result.status == 0 && result.output + result.errors == "", "\(tier): \(result)")
            }
        }

        @Test(arguments: ["public-web", "dispatcher", "ping-listener"])
        func aVariableThatIsNotSupportedIsOneClearLine(_ program: String) throws {
            let result = try RunningProgram.run(
                program, [], environment: ["OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"])
            #expect(result.status == 2 && result.output.isEmpty)
            #expect(
                result.errors
                    == "\(program): OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported: it takes http/json\n")
        }
    }
}
