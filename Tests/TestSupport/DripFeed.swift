/// Feeds a decoder as a connection does: piece by piece, with what it did not consume in front of what comes next.
public enum DripFeed {
    /// - Parameters:
    ///   - step: is given what is there, in memory of exactly that size which is gone after the call. It answers how many
    ///     bytes it consumed, and false if it needs more, or failed: then more comes.
    /// - Returns: what was never consumed.
    @discardableResult
    public static func run(
        _ input: [UInt8], _ cutting: Cutting, step: (UnsafeMutableRawBufferPointer) -> (consumed: Int, again: Bool)
    ) -> [UInt8] {
        var waiting: [UInt8] = []
        var at = 0
        for piece in cutting.pieces(of: input.count) {
            waiting += input[at..<at + piece]
            at += piece
            var again = true
            while again {
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: waiting.count, alignment: 1)
                defer { memory.deallocate() }
                memory.copyBytes(from: waiting)
                let answer = step(memory)
                precondition((0...waiting.count).contains(answer.consumed), "consumed more than was there")
                // The decoder may have unmasked what it consumed, but nothing else.
                precondition(memory[answer.consumed...].elementsEqual(waiting[answer.consumed...]), "changed the rest")
                waiting.removeFirst(answer.consumed)
                again = answer.again
            }
        }
        return waiting
    }
}
