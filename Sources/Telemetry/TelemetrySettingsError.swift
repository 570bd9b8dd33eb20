import Core

/// A variable that can't be followed. The description names it and what is supported.
public struct TelemetrySettingsError: Error, Equatable, CustomStringConvertible {
    public let variable: String
    public let description: String

    /// - Parameter supported: completes "… is not supported: it takes ".
    init(_ variable: String, _ value: String, supported: String) {
        self.variable = variable
        let shown = String(RedactedURL.text(value).prefix(80)).filter { !$0.isNewline }
        description = "\(variable)=\(shown) is not supported: it takes \(supported)"
    }

    /// For values that are not to be shown, as credentials.
    init(_ variable: String, problem: String) {
        self.variable = variable
        description = "\(variable) \(problem)"
    }
}
