import Testing
import WebSocket

struct MaskingTests {
    @Test(arguments: 0...35)
    func isTheSameInPieces(_ count: Int) {
        let mask = UInt32(bigEndian: 0x0102_8384)
        let key: [UInt8] = [1, 2, 0x83, 0x84]
        let plain = (0..<count).map { UInt8($0 + 0x30) }
        let expected = plain.enumerated().map { $1 ^ key[$0 % 4] }
        for cut in 0...count {
            var bytes = plain
            bytes.withUnsafeMutableBytes {
                Masking.apply(mask, to: UnsafeMutableRawBufferPointer(rebasing: $0[..<cut]))
                Masking.apply(Masking.turned(mask, by: cut), to: UnsafeMutableRawBufferPointer(rebasing: $0[cut...]))
            }
            #expect(bytes == expected)
        }
    }

    @Test(arguments: 1...20)
    func saysWhetherAllIsASCII(_ count: Int) {
        for at in 0..<count {
            var bytes = [UInt8](repeating: 0x7F, count: count)
            #expect(bytes.withUnsafeMutableBytes { Masking.apply(0, to: $0) })
            bytes[at] = 0x80
            #expect(!bytes.withUnsafeMutableBytes { Masking.apply(0, to: $0) })
        }
    }
}
