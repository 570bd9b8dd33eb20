// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A library of the gateway in Sources/<name>.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: swiftSettings)
}

func program(_ name: String, path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", exclude: exclude,
        swiftSettings: swiftSettings)
}

let package = Package(
    name: "switchboard",
    products: [
        .library(name: "EventListener", targets: ["EventListener"]),
        .executable(name: "public-web", targets: ["public-web"]),
        .executable(name: "dispatcher", targets: ["dispatcher"]),
        .executable(name: "ping-listener", targets: ["ping-listener"]),
        .executable(name: "switchboard", targets: ["switchboard"]),
    ],
    targets: [
        .target(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CRabbitMQ", path: "Sources/CRabbitMQ", pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        library("Core", ["CLinux"]),
        library("JSON", ["Core"]),
        library("CloudEvents", ["Core", "JSON"]),
        library("HTTP1", ["Core"]),
        library("WebSocket", ["Core", "HTTP1"]),
        library("Crypto", ["COpenSSL", "Core"]),
        library("Telemetry", ["Core", "JSON"]),
        library("EventTracing", ["Core", "CloudEvents", "Telemetry"]),
        library("Configuration", ["Core", "JSON"]),
        library("Reactor", ["CLinux", "COpenSSL", "Core", "Telemetry"]),
        library("HTTPServer", ["Core", "HTTP1", "JSON", "Telemetry", "Reactor"]),
        library("HTTPClient", ["CCurl", "CLinux", "Core", "Telemetry", "Reactor"]),
        library("TraceStore", ["Core", "JSON"]),
        library("Collector", ["Core", "HTTP1", "JSON", "Telemetry", "Reactor", "HTTPServer", "TraceStore"]),
        library("TelemetryExport", ["Core", "JSON", "Telemetry", "Reactor", "HTTPClient"]),
        library("Broker", ["CRabbitMQ", "CLinux", "Core", "CloudEvents", "Telemetry"]),
        library("Sessions", ["Core"]),
        library("Tiers", ["Core", "JSON", "HTTP1", "Crypto"]),
        library(
            "TierSecurity", ["Core", "Telemetry", "Configuration", "Reactor", "HTTPClient", "Program", "Tiers"]),
        library("Tokens", ["Core", "JSON", "Crypto"]),
        library("BrokerSettings", ["Core", "Telemetry", "Configuration", "Broker", "Program"]),
        library("Program", ["CLinux", "Core", "Telemetry", "TelemetryExport", "Configuration"]),
        library(
            "PublicWeb",
            [
                "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Crypto", "Telemetry", "EventTracing",
                "Configuration", "Reactor", "HTTPServer", "HTTPClient", "Sessions", "Tiers", "TierSecurity", "Tokens",
                "Program",
            ]),
        library(
            "Dispatcher",
            [
                "Core", "JSON", "CloudEvents", "HTTP1", "Crypto", "Telemetry", "EventTracing", "Configuration",
                "Reactor", "HTTPServer", "HTTPClient", "Broker", "Tiers", "TierSecurity", "Program", "BrokerSettings",
            ]),
        library(
            "EventListener",
            [
                "Core", "JSON", "CloudEvents", "HTTP1", "Telemetry", "EventTracing", "Configuration", "Reactor",
                "HTTPServer", "Broker", "Program", "BrokerSettings",
            ]),
        library("PingListener", ["EventListener", "Core", "CloudEvents"]),

        program("public-web", path: "Sources/public-web", ["PublicWeb", "Program"]),
        program("dispatcher", path: "Sources/dispatcher", ["Dispatcher", "Program"]),
        program("ping-listener", path: "Sources/ping-listener", ["PingListener", "EventListener"]),
        program(
            "switchboard", path: "clients/switchboard",
            [
                "CLinux", "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Crypto", "Telemetry", "EventTracing",
                "Configuration", "Reactor", "HTTPClient", "TraceStore", "Collector", "Broker", "PublicWeb",
                "Dispatcher", "EventListener", "PingListener", "Program", "BrokerSettings",
            ]),

        .target(name: "TestSupport", dependencies: ["Core"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
        // Apart from TestSupport, which the fuzz targets link without Foundation.
        .target(
            name: "TestBroker", dependencies: ["Core", "Broker"], path: "Tests/TestBroker", swiftSettings: swiftSettings
        ),
        // Signs certificates, as a test's authority.
        .target(name: "TestCertificates", path: "Tests/TestCertificates", swiftSettings: swiftSettings),
        // Issues tokens, as a test's identity provider.
        .target(name: "TestTokens", dependencies: ["COpenSSL"], path: "Tests/TestTokens", swiftSettings: swiftSettings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Configuration", "Crypto", "Tiers", "Tokens",
                "TraceStore", "Telemetry", "Reactor", "HTTPServer", "HTTPClient", "Sessions", "PublicWeb",
                "Broker", "Dispatcher", "TelemetryExport", "CRabbitMQ", "TierSecurity", "EventTracing", "TestSupport",
            ],
            path: "Tests/FuzzTargets/Targets", swiftSettings: swiftSettings),
        .target(
            name: "Simulation",
            dependencies: ["Core", "JSON", "CloudEvents", "WebSocket", "Sessions", "TestSupport"],
            path: "Tests/SimulationTests/World", swiftSettings: swiftSettings),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation"], path: "Tests/SimulationTests/Cases",
            swiftSettings: swiftSettings),
        program("simulation", path: "Tests/SimulationTests/Program", ["Simulation", "Core"]),
        program(
            "endurance", path: "Tests/Endurance/Program",
            ["Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Reactor", "TestSupport"]),
        .target(name: "CBenchmarks", path: "Tests/Benchmarks/CBenchmarks"),
        program(
            "benchmarks", path: "Tests/Benchmarks/Program",
            [
                "CBenchmarks", "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Crypto", "Telemetry", "Sessions",
                "Tiers",
            ]),
        tests("FuzzCorpusTests", ["FuzzTargets"]),
        tests("CoreTests", ["Core"]),
        tests("JSONTests", ["JSON", "Core"]),
        tests("CloudEventsTests", ["CloudEvents", "JSON", "Core"]),
        tests("CryptoTests", ["Crypto", "Core"]),
        tests("HTTP1Tests", ["HTTP1"]),
        tests("WebSocketTests", ["WebSocket"]),
        tests("ConfigurationTests", ["Configuration", "Core"]),
        tests("TelemetryTests", ["Telemetry", "Core"]),
        tests("EventTracingTests", ["EventTracing", "CloudEvents", "Core", "Telemetry"]),
        tests("TraceStoreTests", ["TraceStore", "JSON", "Core"]),
        tests(
            "CollectorTests",
            [
                "Collector", "Core", "HTTP1", "HTTPServer", "JSON", "Reactor", "Telemetry", "TelemetryExport",
                "TraceStore",
            ]
        ),
        tests(
            "TelemetryExportTests",
            ["Core", "HTTP1", "HTTPServer", "JSON", "Reactor", "Telemetry", "TelemetryExport"]),
        tests(
            "ReactorTests",
            [
                "CLinux", "Core", "HTTP1", "JSON", "Telemetry", "Reactor", "HTTPServer", "HTTPClient", "Crypto",
                "TestCertificates",
            ]),
        tests("BrokerTests", ["Broker", "TestBroker"]),
        tests("SessionsTests", ["Core", "Sessions"]),
        tests("TiersTests", ["Tiers", "HTTP1", "Core"]),
        tests("TokensTests", ["Tokens", "TestTokens", "Crypto", "JSON", "Core"]),
        tests(
            "PublicWebTests",
            [
                "PublicWeb", "Dispatcher", "EventListener", "PingListener", "Broker", "CloudEvents", "Telemetry",
                "JSON", "WebSocket", "Tiers", "TierSecurity", "Tokens", "TestTokens", "TestCertificates", "HTTP1",
                "HTTPServer", "HTTPClient",
                "Reactor", "Core", "Configuration", "Program",
            ]),
        tests(
            "DispatcherTests",
            [
                "Dispatcher", "Broker", "CloudEvents", "Core", "HTTP1", "HTTPServer", "JSON", "Reactor", "Telemetry",
                "Tiers", "TestBroker",
            ]),
        tests(
            "EventListenerTests",
            ["TestBroker", "EventListener", "PingListener", "Broker", "CloudEvents", "Core", "JSON", "Telemetry"]),
        tests(
            "SwitchboardTests",
            ["switchboard", "CloudEvents", "Core", "Crypto", "JSON", "Telemetry", "TraceStore", "WebSocket"]),
        tests("EndToEndTests", ["Broker", "CLinux", "Core", "TestBroker", "TestTokens", "TestCertificates"]),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
