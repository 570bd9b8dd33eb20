/// A setting's value, as its kind reads it.
enum SettingValue: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case flag(Bool)
}
