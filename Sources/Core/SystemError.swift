import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    public let operation: String
    public let code: CInt

    public init(operation: String, code: CInt) {
        self.operation = operation
        self.code = code
    }

    /// What the system calls it.
    public var reason: String { String(cString: strerror(code)) }

    public var description: String { "\(operation): \(reason)" }
}
