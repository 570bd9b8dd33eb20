import Core

extension Problem {
    /// As `application/problem+json` (RFC 9457 §3), with `retryafter` in seconds where a retry makes sense.
    public func appendJSON(instance: String?, traceID: String?, to bytes: inout [UInt8]) {
        bytes.append("{\"type\":")
        JSONWriter.appendString(kind.type, to: &bytes)
        bytes.append(",\"title\":")
        JSONWriter.appendString(kind.title, to: &bytes)
        bytes.append(",\"status\":")
        bytes.append(decimal: UInt64(kind.status))
        bytes.append(",\"detail\":")
        JSONWriter.appendString(detail, to: &bytes)
        if let instance {
            bytes.append(",\"instance\":")
            JSONWriter.appendString(instance, to: &bytes)
        }
        if let traceID {
            bytes.append(",\"traceid\":")
            JSONWriter.appendString(traceID, to: &bytes)
        }
        if let retryAfterSeconds {
            bytes.append(",\"retryafter\":")
            bytes.append(decimal: UInt64(clamping: retryAfterSeconds))
        }
        bytes.append(0x7D)
    }
}
