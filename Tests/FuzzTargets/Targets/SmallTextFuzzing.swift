#if DEBUG || FUZZING
    import CloudEvents
    import Core
    import Dispatcher
    import HTTP1
    import Sessions
    import Telemetry

    @testable import PublicWeb
    @testable import TelemetryExport

    /// The small formats in headers, queries and attributes: what is accepted is written again as it was.
    enum SmallTextFuzzing {
        static func headers(_ input: [UInt8]) {
            input.withUnsafeBytes { bytes in
                if let context = TraceContext(traceparent: bytes) {
                    require(context.isValid && TraceContext(traceparent: context.traceparent) == context)
                }
                let sums = ServerTimings.sums(bytes, except: "dispatcher")
                require(sums.others <= sums.all)
                if let token = SessionToken(bytes) {
                    var text: [UInt8] = []
                    token.append(to: &text)
                    require(text.elementsEqual(bytes.map { (0x41...0x46).contains($0) ? $0 | 0x20 : $0 }))
                }
                if let id = CorrelationID(bytes) { require(id.bytes == input && CorrelationID(id.text) == id) }
            }
            let text = String(decoding: input, as: UTF8.self)
            require(PercentEncoding.decode(PercentEncoding.encode(text.utf8)[...]) == text)
            if let decoded = PercentEncoding.decode(text[...]) {
                require(PercentEncoding.decode(PercentEncoding.encode(decoded.utf8)[...]) == decoded)
            }
            if let sequence = SequenceText.parse(text) { require(UInt64(text) == sequence) }
            origin(input, text)
            for signal in [TelemetrySignal.traces, .logs, .metrics] {
                guard let partial = PartialSuccess(answer: input, signal: signal, of: 10) else { continue }
                require((1...10).contains(partial.rejected))
            }
        }

        /// A page of this machine has no place to hide another one's name in.
        private static func origin(_ input: [UInt8], _ text: String) {
            let policy = OriginPolicy(origins: nil, isLoopback: true)
            guard input.withUnsafeBytes({ policy.allows($0) }) else { return }
            let host = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last ?? ""
            let isLocal = ["localhost", "127.", "[::1]"].contains { host.hasPrefix($0) }
            require(isLocal && !host.utf8.contains(0x40) && !host.utf8.contains(0x2F), "\(text) may come")
        }

        static func routingTable(_ input: [UInt8]) {
            guard let table = try? RoutingTable(parsing: input) else { return }
            require(table.count <= 10_000)
        }
    }
#endif
