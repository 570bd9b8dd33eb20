import CLinux
import Glibc

/// How many columns a character takes on a terminal, by the C library's tables.
enum DisplayWidth {
    /// Makes the C library know Unicode. Once, before any width is asked for.
    static func prepare() { setlocale(LC_CTYPE, "C.UTF-8") }

    static func of(_ character: Character) -> Int {
        var widest = 0
        var regionalIndicators = 0
        for scalar in character.unicodeScalars {
            if (0x1F1E6...0x1F1FF).contains(scalar.value) { regionalIndicators += 1 }
            widest = max(widest, Int(clinux_column_width(scalar.value)))
        }
        // Two of them are a flag, and a variation selector asks for the picture: both are drawn wide.
        if regionalIndicators == 2 || character.unicodeScalars.last?.value == 0xFE0F { return 2 }
        return widest
    }

    static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }
}
