/// Arrays whose content is done with, kept for their room: what is written next then neither grows from nothing nor
/// touches memory that no cache knows. Not synchronised.
public struct SpareBuffers {
    private static let bufferBytesMax = 256 * 1024

    private let countMax: Int
    private let bytesMax: Int
    private var buffers: [[UInt8]] = []
    private var bytes = 0

    /// - Parameters:
    ///   - countMax: so many are kept.
    ///   - bytesMax: room of all that are kept, together.
    public init(countMax: Int, bytesMax: Int) {
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    public var count: Int { buffers.count }

    /// An empty array, the one that was given last.
    public mutating func take() -> [UInt8] {
        guard let buffer = buffers.popLast() else { return [] }
        bytes -= buffer.capacity
        return buffer
    }

    /// Leaves `buffer` empty and without room of its own.
    public mutating func give(_ buffer: inout [UInt8]) {
        var given: [UInt8] = []
        swap(&given, &buffer)
        guard given.capacity > 0, given.capacity <= Self.bufferBytesMax, buffers.count < countMax,
            bytes + given.capacity <= bytesMax
        else { return }
        given.removeAll(keepingCapacity: true)
        bytes += given.capacity
        buffers.append(given)
    }
}
