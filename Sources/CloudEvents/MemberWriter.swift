import Core
import JSON

/// Writes members at the front of an object that already has its opening brace.
public struct MemberWriter {
    private var bytes: [UInt8]
    private(set) var isEmpty = true

    /// Moves the array here, and back by `giveBack`: nothing is copied.
    init(taking output: inout [UInt8]) {
        bytes = []
        swap(&bytes, &output)
    }

    mutating func giveBack(to output: inout [UInt8]) { swap(&bytes, &output) }

    private mutating func begin(_ name: StaticString) {
        if !isEmpty { bytes.append(0x2C) }
        isEmpty = false
        bytes.append(0x22)
        bytes.append(name)
        bytes.append("\":")
    }

    /// - Parameter value: UTF-8, escaped here.
    public mutating func string(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        begin(name)
        JSONWriter.appendString(value, to: &bytes)
    }

    public mutating func string(_ name: StaticString, _ value: String) {
        begin(name)
        JSONWriter.appendString(value, to: &bytes)
    }

    /// - Parameter value: as it is to stand between the quotes.
    public mutating func rawString(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        begin(name)
        bytes.append(0x22)
        bytes.append(bytes: value)
        bytes.append(0x22)
    }

    /// - Parameter write: appends what is to stand between the quotes, as it is to stand there.
    public mutating func rawString(_ name: StaticString, writing write: (inout [UInt8]) -> Void) {
        begin(name)
        bytes.append(0x22)
        write(&bytes)
        bytes.append(0x22)
    }

    /// - Parameter json: a whole value.
    public mutating func raw(_ name: StaticString, _ json: UnsafeRawBufferPointer) {
        begin(name)
        bytes.append(bytes: json)
    }

    /// A string of zero-padded decimal digits.
    public mutating func paddedDecimal(_ name: StaticString, _ value: UInt64, width: Int) {
        begin(name)
        bytes.append(0x22)
        bytes.append(decimal: value, width: width)
        bytes.append(0x22)
    }

    public mutating func time(_ name: StaticString, wallNanoseconds: UInt64) {
        begin(name)
        bytes.append(0x22)
        RFC3339.append(wallNanoseconds: wallNanoseconds, to: &bytes)
        bytes.append(0x22)
    }

    public mutating func uuid(_ name: StaticString, _ value: UUIDv7) {
        begin(name)
        bytes.append(0x22)
        value.append(to: &bytes)
        bytes.append(0x22)
    }
}
