/// Which modules of this package, and of the C libraries, each module may import. Dependencies point one way: every
/// module stands below those it may import.
enum ModuleRules {
    static let allowed: [String: Set<String>] = [
        "Core": ["CLinux"],
        "JSON": ["Core"],
        "CloudEvents": ["Core", "JSON"],
        "HTTP1": ["Core"],
        "WebSocket": ["Core", "HTTP1"],
        "Sessions": ["Core"],
        "Crypto": ["COpenSSL", "Core"],
        "Telemetry": ["Core", "JSON"],
        "EventTracing": ["Core", "CloudEvents", "Telemetry"],
        "Configuration": ["Core", "JSON"],
        "Reactor": ["CLinux", "COpenSSL", "Core", "Telemetry"],
        "HTTPServer": ["Core", "HTTP1", "JSON", "Telemetry", "Reactor"],
        "HTTPClient": ["CCurl", "Core", "Reactor", "Telemetry"],
        "TraceStore": ["Core", "JSON"],
        "Collector": ["Core", "HTTP1", "JSON", "Telemetry", "Reactor", "HTTPServer", "TraceStore"],
        "TelemetryExport": ["Core", "JSON", "Telemetry", "Reactor", "HTTPClient"],
        "Broker": ["CRabbitMQ", "Core", "CloudEvents", "Telemetry", "Dispatch"],
        "Tiers": ["Core", "JSON", "HTTP1", "Crypto"],
        "TierSecurity": ["Core", "Telemetry", "Configuration", "Reactor", "HTTPClient", "Program", "Tiers"],
        "Tokens": ["Core", "JSON", "Crypto"],
        "Program": ["CLinux", "Core", "Telemetry", "TelemetryExport", "Configuration"],
        "BrokerSettings": ["Core", "Telemetry", "Configuration", "Broker", "Program"],
        "PublicWeb": [
            "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Crypto", "Telemetry", "EventTracing",
            "Configuration", "Reactor", "HTTPServer", "HTTPClient", "Sessions", "Tiers", "TierSecurity", "Tokens",
            "Program",
        ],
        "Dispatcher": [
            "Core", "JSON", "CloudEvents", "HTTP1", "Telemetry", "EventTracing", "Configuration", "Reactor",
            "HTTPServer",
            "HTTPClient", "Broker", "BrokerSettings", "Tiers", "TierSecurity", "Program",
        ],
        "EventListener": [
            "Core", "JSON", "CloudEvents", "HTTP1", "Telemetry", "EventTracing", "Configuration", "Reactor",
            "HTTPServer",
            "Broker", "BrokerSettings", "Program", "Dispatch",
        ],
        "PingListener": ["EventListener", "Core", "CloudEvents"],
        "public-web": ["PublicWeb", "Program"],
        "dispatcher": ["Dispatcher", "Program"],
        "ping-listener": ["PingListener", "EventListener"],
        "switchboard": [
            "CLinux", "Core", "JSON", "CloudEvents", "HTTP1", "WebSocket", "Crypto", "Telemetry",
            "EventTracing", "Configuration", "Reactor", "HTTPClient", "TraceStore", "Collector", "Broker",
            "BrokerSettings", "PublicWeb", "Dispatcher", "EventListener", "PingListener", "Program",
        ],
    ]

    /// Protocol cores and state machines: bytes and time in, actions out, with neither Foundation nor C.
    static let cores: Set<String> = ["JSON", "CloudEvents", "HTTP1", "WebSocket", "Sessions", "TraceStore"]

    /// C's own library, for those at the system's edge. Foundation is for none: it would be linked into every program.
    static let system: Set<String> = ["Glibc", "Synchronization"]

    /// By path: `Sources/<module>/…`, or the command line.
    static func module(of path: String) -> String {
        let parts = path.split(separator: "/").map(String.init)
        return parts[0] == "clients" ? "switchboard" : parts[1]
    }
}
