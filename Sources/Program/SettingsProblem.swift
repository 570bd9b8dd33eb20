/// Settings that are well-formed each, but wrong together or in what they name.
public struct SettingsProblem: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
