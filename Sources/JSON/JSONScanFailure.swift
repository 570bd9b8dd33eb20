/// An error that a scan of JSON can end with: lets callers of the walks throw their own.
public protocol JSONScanFailure: Error {
    init(_ error: JSONError)
}

extension JSONError: JSONScanFailure {
    @inlinable
    public init(_ error: JSONError) { self = error }
}
