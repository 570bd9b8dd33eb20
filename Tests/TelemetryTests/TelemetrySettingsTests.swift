import Telemetry
import Testing

@Suite struct TelemetrySettingsTests {
    private static let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"

    @Test func nothingIsExportedWithoutAnEndpoint() throws {
        let settings = try TelemetrySettings(environment: ["PATH": "/bin", Self.endpoint: ""])
        #expect(settings == TelemetrySettings() && !settings.exportsAnything)
        let other = try TelemetrySettings(environment: ["OTEL_TRACES_EXPORTER": "otlp"])
        #expect(!other.exportsAnything)
    }

    @Test(arguments: ["http://c:4318", "http://c:4318/"])
    func theCommonEndpointIsABase(_ base: String) throws {
        let settings = try TelemetrySettings(environment: [Self.endpoint: base])
        #expect(settings.traces?.url == "http://c:4318/v1/traces")
        #expect(settings.logs?.url == "http://c:4318/v1/logs")
        #expect(settings.metrics?.url == "http://c:4318/v1/metrics")
        #expect(settings.sampler == .parentBasedAlwaysOn && settings.spanBatches.delayMilliseconds == 5000)
        #expect(settings.logBatches.delayMilliseconds == 1000 && settings.spanBatches.batchMax == 512)
    }

    @Test(arguments: ["http://[::1]", "https://[::1]:4318/x", "HTTP://c", "http://user:word@c:1"])
    func anAddressHasAHostAndPerhapsAPort(_ url: String) throws {
        let settings = try TelemetrySettings(environment: ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": url])
        #expect(settings.logs?.url == url && settings.traces == nil)
    }

    @Test func aSignalsOwnVariablesWin() throws {
        let settings = try TelemetrySettings(environment: [
            Self.endpoint: "https://c/otlp", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:1/as/it/is",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1, b=x%20y%2C ", "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "c=3",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "500", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "700",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem", "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE": "/logs.pem",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        ])
        #expect(
            settings.traces
                == TelemetryDestination(
                    url: "http://t:1/as/it/is", headerLines: ["a: 1", "b: x y,"], timeoutMilliseconds: 500,
                    certificateFile: "/ca.pem"))
        #expect(
            settings.logs
                == TelemetryDestination(
                    url: "https://c/otlp/v1/logs", headerLines: ["c: 3"], timeoutMilliseconds: 500,
                    certificateFile: "/logs.pem"))
        #expect(settings.metrics?.timeoutMilliseconds == 700)
    }

    @Test func signalsAndAllOfItCanBeSwitchedOff() throws {
        var environment = [Self.endpoint: "http://c", "OTEL_LOGS_EXPORTER": "none"]
        let settings = try TelemetrySettings(environment: environment)
        #expect(settings.traces != nil && settings.logs == nil && settings[.metrics] != nil)
        environment["OTEL_SDK_DISABLED"] = "True"
        #expect(try !TelemetrySettings(environment: environment).exportsAnything)
        environment["OTEL_SDK_DISABLED"] = "false"
        #expect(try TelemetrySettings(environment: environment).exportsAnything)
    }

    @Test func theRestIsRead() throws {
        let settings = try TelemetrySettings(environment: [
            "OTEL_SERVICE_NAME": "mine", "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,a%3D=b%2Cc=d;p,x=",
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.125",
            "OTEL_BSP_SCHEDULE_DELAY": "10", "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_EXPORT_TIMEOUT": "11",
            "OTEL_BLRP_MAX_QUEUE_SIZE": "50", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "50",
            "OTEL_METRIC_EXPORT_INTERVAL": "12", "OTEL_METRIC_EXPORT_TIMEOUT": "13", "OTEL_PROPAGATORS": "baggage",
        ])
        #expect(settings.serviceName == "mine")
        #expect(settings.resourceAttributes.map(\.0) == ["a=", "x"])
        #expect(settings.resourceAttributes.map(\.1) == ["b,c=d;p", ""])
        #expect(settings.sampler == Sampler(name: "traceidratio", ratio: 0.125))
        // The default batch is no larger than the queue.
        #expect(
            settings.spanBatches
                == BatchSettings(
                    delayMilliseconds: 10, queueMax: 100, batchMax: 100, exportTimeoutMilliseconds: 11))
        #expect(settings.logBatches == BatchSettings(delayMilliseconds: 1000, queueMax: 50, batchMax: 50))
        #expect(settings.metricIntervalMilliseconds == 12 && settings.metricTimeoutMilliseconds == 13)
        #expect(!settings.propagatesTraceContext && settings.propagatesBaggage)
    }

    @Test func theResourcesNameIsTheServices() throws {
        let settings = try TelemetrySettings(environment: ["OTEL_RESOURCE_ATTRIBUTES": "service.name=other,k=v"])
        #expect(settings.serviceName == "other" && settings.resourceAttributes.map(\.0) == ["k"])
    }

    /// What is wrong is an error that names the variable and what it takes.
    @Test(arguments: [
        ("OTEL_SDK_DISABLED", "yes", "true, false"), ("OTEL_TRACES_EXPORTER", "zipkin", "otlp, none"),
        ("OTEL_LOGS_EXPORTER", "console", "otlp, none"), ("OTEL_METRICS_EXPORTER", "prometheus", "otlp, none"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "none"), (endpoint, "c:4318", "http://host:port"),
        (endpoint, "http://", "http://host:port"), (endpoint, "http://c d", "http://host:port"),
        (endpoint, "http://c:", "http://host:port"), (endpoint, "http://c:99999/", "http://host:port"),
        (endpoint, "http://[::1]:", "http://host:port"), (endpoint, "http://:4318", "http://host:port"),
        (endpoint, "unix:///s", "http://host:port"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "ftp://c", "http://host:port"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret", "key=value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0D%0Ab:c", "HTTP"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", "HTTP"), ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%f", "key=value"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "from 1"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote", "parentbased_traceidratio"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1", "from 1"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "from 1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", "to 2048"), ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "x", "to 2048"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1e3", "milliseconds"),
        ("OTEL_PROPAGATORS", "b3", "tracecontext, baggage, none"),
        ("OTEL_PROPAGATORS", "none,baggage", "tracecontext"), ("OTEL_RESOURCE_ATTRIBUTES", "a=%zz", "percent-encoded"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=%ff", "percent-encoded"), ("OTEL_RESOURCE_ATTRIBUTES", "=b", "key=value"),
    ])
    func whatIsNotSupportedIsSaid(_ variable: String, _ value: String, _ supported: String) {
        let error = #expect(throws: TelemetrySettingsError.self) {
            try TelemetrySettings(
                environment: [
                    Self.endpoint: "http://c", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://c",
                ].merging([variable: value]) { $1 })
        }
        #expect(error?.variable == variable)
        let text = error?.description ?? ""
        #expect(text.contains(variable) && text.contains(supported) && !text.contains("secret"))
    }

    @Test func aRatioIsANumberFromZeroToOne() {
        for text in ["2", "-0.1", "nan", "half"] {
            let error = #expect(throws: TelemetrySettingsError.self) {
                try TelemetrySettings(environment: [
                    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": text,
                ])
            }
            #expect(error?.variable == "OTEL_TRACES_SAMPLER_ARG")
        }
    }
}
