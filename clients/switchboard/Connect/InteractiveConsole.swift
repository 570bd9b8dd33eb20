import Core
import Glibc
import Program

/// `connect` on a terminal: a line is typed while answers come and are printed above it.
final class InteractiveConsole {
    private static let prompt = "> "
    /// Escape alone is told from a sequence by what follows within this time.
    private static let escapeMilliseconds: UInt64 = 50

    private let terminal: Terminal
    private let link: any GatewayLink
    private let signals: TerminationSignals
    private let historyFile = HistoryFile()
    private var editor: LineEditor
    private var keys = KeyDecoder()
    private var state: ConnectRun
    private var isDone = false

    /// - Parameter signals: with those of a terminal, SIGWINCH and SIGHUP.
    init(_ state: ConnectRun, _ link: any GatewayLink, _ terminal: Terminal, _ signals: TerminationSignals) {
        self.state = state
        self.link = link
        self.terminal = terminal
        self.signals = signals
        editor = LineEditor(prompt: Self.prompt, words: ConnectInstruction.names, history: historyFile.read())
    }

    /// Until the user or the gateway ends it. - Returns: the exit status.
    func run() -> CInt {
        DisplayWidth.prepare()
        terminal.enterRaw()
        draw()
        while !isDone {
            for event in link.advance() { state.receive(event) }
            state.expire(link, now: SystemClock.monotonic())
            if state.isLost { isDone = true }
            flush()
            if !isDone { wait() }
        }
        link.close()
        terminal.write(LineEditor.erased)
        terminal.restore()
        historyFile.write(editor.history)
        return state.isLost ? 1 : 0
    }

    private func wait() {
        var milliseconds = state.milliseconds(until: link, now: SystemClock.monotonic())
        if keys.isUndecided { milliseconds = min(milliseconds ?? .max, Self.escapeMilliseconds) }
        let ready = Poller.wait(
            [
                Poller.Interest(fd: STDIN_FILENO), Poller.Interest(fd: link.fd, writes: link.wantsToWrite),
                Poller.Interest(fd: signals.fd),
            ], milliseconds: milliseconds)
        while let signal = signals.next() {
            if signal == SIGWINCH { draw() } else { isDone = true }
        }
        if ready[0] { readKeys() } else if keys.isUndecided { keys.giveUp() }
    }

    private func readKeys() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else {
            isDone = true
            return
        }
        for key in keys.receive(bytes[..<count]) where !isDone {
            if let outcome = editor.receive(key) { act(on: outcome) }
        }
        draw()
    }

    private func act(on outcome: LineEditor.Outcome) {
        switch outcome {
        case .line(let line):
            // What was typed stays on the screen, above what it leads to.
            terminal.write(LineEditor.erased + Self.prompt + Printable.text(line) + "\n")
            carryOut(line)
        case .interrupt: terminal.write(LineEditor.erased + Self.prompt + "^C\n")
        case .endOfInput: isDone = true
        case .clearScreen: terminal.write("\u{1B}[H\u{1B}[2J")
        case .suspend:
            terminal.write(LineEditor.erased)
            terminal.restore()
            raise(SIGTSTP)
            terminal.enterRaw()
        }
    }

    private func carryOut(_ line: String) {
        do throws(UsageError) {
            guard let instruction = try ConnectInstruction.parse(line) else { return }
            isDone = !state.carryOut(instruction, link, now: SystemClock.monotonic())
        } catch { terminal.write("\(error)\n") }
        flush()
    }

    /// What there is to print goes above the line.
    private func flush() {
        let lines = state.takeLines()
        guard !lines.isEmpty else { return }
        terminal.write(LineEditor.erased + lines.map { $0.text + "\n" }.joined())
        if !isDone { draw() }
    }

    private func draw() { terminal.write(editor.rendered(columns: terminal.columns)) }
}
