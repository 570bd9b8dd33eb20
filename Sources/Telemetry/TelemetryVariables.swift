import Core

/// Reads OpenTelemetry's environment variables.
struct TelemetryVariables {
    private static let millisecondsMax = 86_400_000
    private static let queueMax = 1_048_576

    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// Nil if it is not set, or empty.
    subscript(name: String) -> String? {
        guard let value = environment[name]?.trimmed, !value.isEmpty else { return nil }
        return value
    }

    func flag(_ name: String) throws(TelemetrySettingsError) -> Bool {
        try choice(name, of: ["true", "false"], ignoresCase: true) == "true"
    }

    func choice(
        _ name: String, of supported: [String], ignoresCase: Bool = false
    ) throws(TelemetrySettingsError) -> String? {
        guard let value = self[name] else { return nil }
        let shown = ignoresCase ? value.lowercased() : value
        guard supported.contains(shown) else {
            throw TelemetrySettingsError(name, value, supported: supported.joined(separator: ", "))
        }
        return shown
    }

    func list(_ name: String, of supported: [String]) throws(TelemetrySettingsError) -> [String]? {
        guard let value = self[name] else { return nil }
        let parts = value.split(separator: ",").map { String($0).trimmed }
        guard !parts.isEmpty, parts.allSatisfy(supported.contains), !parts.contains("none") || parts.count == 1 else {
            throw TelemetrySettingsError(
                name, value, supported: "a list, with commas, of " + supported.joined(separator: ", "))
        }
        return parts
    }

    func milliseconds(_ name: String, _ fallback: Int) throws(TelemetrySettingsError) -> Int {
        try integer(name, 1...Self.millisecondsMax, "milliseconds, ") ?? fallback
    }

    private func integer(
        _ name: String, _ range: ClosedRange<Int>, _ what: String = ""
    ) throws(TelemetrySettingsError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw TelemetrySettingsError(
                name, value, supported: "\(what)a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func batches(_ prefix: String, _ defaults: BatchSettings) throws(TelemetrySettingsError) -> BatchSettings {
        var result = defaults
        result.delayMilliseconds = try milliseconds("\(prefix)_SCHEDULE_DELAY", defaults.delayMilliseconds)
        result.exportTimeoutMilliseconds = try milliseconds(
            "\(prefix)_EXPORT_TIMEOUT", defaults.exportTimeoutMilliseconds)
        result.queueMax = try integer("\(prefix)_MAX_QUEUE_SIZE", 1...Self.queueMax) ?? defaults.queueMax
        // The specification's bound.
        result.batchMax =
            try integer("\(prefix)_MAX_EXPORT_BATCH_SIZE", 1...result.queueMax)
            ?? min(defaults.batchMax, result.queueMax)
        return result
    }

    func sampler() throws(TelemetrySettingsError) -> Sampler {
        guard let name = try choice("OTEL_TRACES_SAMPLER", of: Sampler.names) else { return .parentBasedAlwaysOn }
        var ratio = 1.0
        if name.hasSuffix("traceidratio"), let text = self["OTEL_TRACES_SAMPLER_ARG"] {
            guard let number = Double(text), (0...1).contains(number) else {
                throw TelemetrySettingsError("OTEL_TRACES_SAMPLER_ARG", text, supported: "a number from 0 to 1")
            }
            ratio = number
        }
        return Sampler(name: name, ratio: ratio) ?? .parentBasedAlwaysOn
    }

    // MARK: Destinations

    /// Nil if the signal is not to be exported. All of its variables are looked at nevertheless.
    func destination(_ signal: TelemetrySignal) throws(TelemetrySettingsError) -> TelemetryDestination? {
        let upper = signal.rawValue.uppercased()
        let exporter = try choice("OTEL_\(upper)_EXPORTER", of: ["otlp", "none"])
        let own = "OTEL_EXPORTER_OTLP_\(upper)_"
        let common = "OTEL_EXPORTER_OTLP_"
        for prefix in [common, own] {
            _ = try choice(prefix + "PROTOCOL", of: ["http/json"])
            _ = try choice(prefix + "COMPRESSION", of: ["none"])
        }
        let headers = try headerLines(self[own + "HEADERS"] == nil ? common + "HEADERS" : own + "HEADERS")
        let timeout = try milliseconds(own + "TIMEOUT", try milliseconds(common + "TIMEOUT", 10_000))
        let url: String
        if let value = self[own + "ENDPOINT"] {
            url = try checked(own + "ENDPOINT", value)
        } else if let value = self[common + "ENDPOINT"] {
            let base = try checked(common + "ENDPOINT", value)
            url = base + (base.hasSuffix("/") ? "" : "/") + "v1/" + signal.rawValue
        } else {
            return nil
        }
        if exporter == "none" { return nil }
        return TelemetryDestination(
            url: url, headerLines: headers, timeoutMilliseconds: timeout,
            certificateFile: self[own + "CERTIFICATE"] ?? self[common + "CERTIFICATE"])
    }

    private func checked(_ name: String, _ url: String) throws(TelemetrySettingsError) -> String {
        let lower = url.lowercased()
        let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x23 }
        for scheme in ["http://", "https://"] where lower.hasPrefix(scheme) && isPlain {
            if Self.isAuthority(url.dropFirst(scheme.count).prefix { $0 != "/" }) { return url }
        }
        throw TelemetrySettingsError(name, url, supported: "an address, http://host:port or https://host:port")
    }

    /// A host, and a port or none. An empty port, of a variable that was not set, is a mistake.
    private static func isAuthority(_ text: Substring) -> Bool {
        let host = text.split(separator: "@", omittingEmptySubsequences: false).last ?? text
        let afterBrackets = host.lastIndex(of: "]").map { host.index(after: $0) } ?? host.startIndex
        guard let colon = host[afterBrackets...].firstIndex(of: ":") else { return !host.isEmpty }
        return colon > host.startIndex && UInt16(host[host.index(after: colon)...]).map { $0 > 0 } == true
    }

    private func headerLines(_ name: String) throws(TelemetrySettingsError) -> [String] {
        var lines: [String] = []
        for (key, value) in try pairs(name) {
            // Neither may begin a header of its own.
            let isToken = key.utf8.allSatisfy { Self.tokenBytes.contains($0) }
            let isText = value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
            guard isToken, isText else {
                throw TelemetrySettingsError(name, problem: "has a header that HTTP does not allow")
            }
            // curl's notation of a header without a value.
            lines.append(value.isEmpty ? "\(key);" : "\(key): \(value)")
        }
        return lines
    }

    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// `key=value` with commas between, percent-encoded as W3C Baggage; properties behind a semicolon belong to the value.
    func pairs(_ name: String) throws(TelemetrySettingsError) -> [(String, String)] {
        guard let text = self[name] else { return [] }
        var result: [(String, String)] = []
        for part in text.split(separator: ",") where !String(part).trimmed.isEmpty {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let key = Self.decoded(String(sides[0]).trimmed), !key.isEmpty,
                let value = Self.decoded(String(sides[1]).trimmed)
            else {
                throw TelemetrySettingsError(name, problem: "takes key=value with commas between, percent-encoded")
            }
            result.append((key, value))
        }
        return result
    }

    /// Nil for a malformed escape, or if the result is no UTF-8.
    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Hexadecimal.value),
                let low = rest.popFirst().flatMap(Hexadecimal.value)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension String {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
