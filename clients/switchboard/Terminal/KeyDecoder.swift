/// A terminal's bytes as keys: UTF-8, the control characters of Emacs and readline, ECMA-48 sequences as xterm and its
/// like send them, bracketed paste. Sequences may be cut anywhere.
struct KeyDecoder {
    private static let sequenceBytesMax = 32
    private static let pasteBytesMax = 64 * 1024
    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)

    private var waiting: [UInt8] = []
    private var paste: [UInt8]?

    /// Whether an Escape has come that may be the key or the begin of a sequence: what comes soon after decides.
    var isUndecided: Bool { paste == nil && !waiting.isEmpty }

    /// Nothing more came soon: what waits is forgotten.
    mutating func giveUp() { if paste == nil { waiting.removeAll() } }

    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes {
            if paste != nil { receive(pasted: byte, &keys) } else { receive(byte, &keys) }
        }
        return keys
    }

    private mutating func receive(pasted byte: UInt8, _ keys: inout [Key]) {
        guard var paste else { return }
        paste.append(byte)
        guard paste.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else {
            // Beyond the limit only what can be the end is kept.
            if paste.count > Self.pasteBytesMax { paste.remove(at: Self.pasteBytesMax - Self.pasteEnd.count) }
            self.paste = paste
            return
        }
        self.paste = nil
        keys.append(.paste(String(decoding: paste.dropLast(Self.pasteEnd.count), as: UTF8.self)))
    }

    private mutating func receive(_ byte: UInt8, _ keys: inout [Key]) {
        waiting.append(byte)
        guard let first = waiting.first else { return }
        if first == 0x1B {
            receiveSequence(&keys)
        } else if first >= 0x80 {
            receiveCharacter(first, &keys)
        } else {
            waiting.removeAll()
            if let key = Self.key(control: byte) { keys.append(key) }
        }
    }

    private mutating func receiveCharacter(_ first: UInt8, _ keys: inout [Key]) {
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        if let last = waiting.last, waiting.count > 1, last & 0xC0 != 0x80 {
            // The character was never finished; its last byte begins something else.
            waiting.removeAll()
            return receive(last, &keys)
        }
        guard waiting.count >= length else { return }
        let text = String(decoding: waiting, as: UTF8.self)
        waiting.removeAll()
        if text.count == 1, let character = text.first, character != "\u{FFFD}" { keys.append(.character(character)) }
    }

    private mutating func receiveSequence(_ keys: inout [Key]) {
        guard waiting.count > 1, let last = waiting.last else { return }
        if last == 0x1B {
            waiting = [last]
            return
        }
        switch waiting[1] {
        case 0x5B, 0x4F:
            // CSI (ECMA-48 §5.4) ends with a byte from 0x40 on; SS3 has one byte.
            guard waiting.count > 2 else { return }
            guard (0x40...0x7E).contains(last) || waiting.count > Self.sequenceBytesMax else { return }
            let parameters = String(decoding: waiting[2..<waiting.count - 1], as: UTF8.self)
            waiting.removeAll()
            if last == 0x7E, parameters == "200" { paste = [] }
            if let key = Self.key(sequence: last, parameters) { keys.append(key) }
        default:
            waiting.removeAll()
            if let key = Self.key(alternate: last) { keys.append(key) }
        }
    }

    private static func key(control byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x03: .interrupt
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x0B: .deleteToEnd
        case 0x0C: .clearScreen
        case 0x0E: .down
        case 0x10: .up
        case 0x14: .transpose
        case 0x15: .deleteToStart
        case 0x17: .deleteWordBack
        case 0x19: .yank
        case 0x1A: .suspend
        case 0x20..<0x7F: .character(Character(Unicode.Scalar(byte)))
        default: nil
        }
    }

    private static func key(alternate byte: UInt8) -> Key? {
        switch byte {
        case 0x62: .wordLeft
        case 0x66: .wordRight
        case 0x64: .deleteWordForward
        case 0x7F, 0x08: .deleteWordBack
        default: nil
        }
    }

    private static func key(sequence final: UInt8, _ parameters: String) -> Key? {
        // A modifier, as in `1;5C` for Control and Right, makes the arrows go by words.
        let isModified = parameters.contains(";")
        switch final {
        case 0x41: return .up
        case 0x42: return .down
        case 0x43: return isModified ? .wordRight : .right
        case 0x44: return isModified ? .wordLeft : .left
        case 0x48: return .home
        case 0x46: return .end
        case 0x7E:
            switch parameters.prefix(while: { $0 != ";" }) {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return .delete
            default: return nil
            }
        default: return nil
        }
    }
}
