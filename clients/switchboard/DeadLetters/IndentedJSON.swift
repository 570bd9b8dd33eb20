/// JSON with a line for each member.
enum IndentedJSON {
    /// - Parameter json: valid JSON.
    static func text(_ json: [UInt8]) -> String {
        var output: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false
        func newLine() {
            output.append(0x0A)
            output += [UInt8](repeating: 0x20, count: 2 * depth)
        }
        for (index, byte) in json.enumerated() {
            if isInString {
                output.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isInString = false
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case 0x22:
                isInString = true
                output.append(byte)
            case 0x7B, 0x5B:
                output.append(byte)
                // An empty one stays on its line.
                if isClosing(json, after: index) { continue }
                depth += 1
                newLine()
            case 0x7D, 0x5D:
                if let last = output.last, last != 0x7B, last != 0x5B {
                    depth -= 1
                    newLine()
                }
                output.append(byte)
            case 0x2C:
                output.append(byte)
                newLine()
            case 0x3A: output += [0x3A, 0x20]
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isClosing(_ json: [UInt8], after index: Int) -> Bool {
        let next = json[(index + 1)...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return next == 0x7D || next == 0x5D
    }
}
