import Glibc
import Program

/// The terminal on standard input and output, switched to a key at a time. One per process.
final class Terminal {
    private static let bracketedPasteOn = "\u{1B}[?2004h"
    private static let bracketedPasteOff = "\u{1B}[?2004l"
    private static let columnsUnknown = 80

    private let original: termios
    private var isRaw = false

    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Of the terminal on standard output; nil if there is none.
    static var outputColumns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return columnsUnknown }
        return Int(size.ws_col)
    }

    /// Nil if standard input is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        original = settings
    }

    var columns: Int { Self.outputColumns ?? Self.columnsUnknown }

    /// Every key comes as it is pressed, and none makes a signal; output is left as it is, so a line feed still returns.
    func enterRaw() {
        guard !isRaw else { return }
        var settings = original
        settings.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        settings.c_cflag |= tcflag_t(CS8)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        write(Self.bracketedPasteOn)
        isRaw = true
    }

    func restore() {
        guard isRaw else { return }
        write(Self.bracketedPasteOff)
        var settings = original
        tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        isRaw = false
    }

    func write(_ text: String) { StandardStreams.write(text, toError: false) }
}
