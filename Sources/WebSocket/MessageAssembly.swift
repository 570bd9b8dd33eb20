import Core

/// A message that comes in fragments, or in a frame that is not whole yet. Owns its bytes until it is freed, so that they
/// can be lent out.
final class MessageAssembly {
    private static let capacityMin = 512

    let opcode: Opcode
    /// Of the frame whose payload is not whole.
    private(set) var frameBytesLeft = 0
    private(set) var isFrameFinal = false
    private var frameMask: UInt32 = 0
    private var validator = UTF8Validator()
    private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var count = 0
    /// Its text can't be UTF-8 any more.
    private(set) var isInvalid = false
    /// It is whole, and was handed out.
    var isLent = false

    init(opcode: Opcode) { self.opcode = opcode }

    deinit { storage.deallocate() }

    /// Valid as long as this lives and nothing is added.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    func begin(_ header: FrameHeader) {
        frameBytesLeft = header.payloadBytes
        frameMask = header.mask
        isFrameFinal = header.isFinal
    }

    /// Unmasks and takes as much as belongs to the frame.
    /// - Returns: how many bytes.
    func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        let taken = min(bytes.count, frameBytesLeft)
        guard taken > 0 else { return 0 }
        let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[..<taken])
        Masking.apply(frameMask, to: piece)
        frameMask = Masking.turned(frameMask, by: taken)
        frameBytesLeft -= taken
        if opcode == .text, !validator.receive(UnsafeRawBufferPointer(piece)) { isInvalid = true }
        append(UnsafeRawBufferPointer(piece))
        return taken
    }

    /// Whether its text is whole characters so far. Always true for binary.
    var isComplete: Bool { validator.isComplete }

    /// Grows by doubling with what really came, not with what a header promises.
    private func append(_ piece: UnsafeRawBufferPointer) {
        if piece.count > storage.count - count {
            let capacity = max(count + piece.count, storage.count * 2, Self.capacityMin)
            let grown = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
            grown.copyMemory(from: bytes)
            storage.deallocate()
            storage = grown
        }
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: piece)
        count += piece.count
    }
}
