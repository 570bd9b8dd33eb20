import Foundation
import Glibc

/// The program on a pseudo-terminal, with what a terminal of so many columns would show after what it wrote.
final class TerminalProcess {
    private let process = Process()
    private let primary: CInt
    private(set) var written: [UInt8] = []

    /// - Parameter state: the folder that stands for ~/.local/state.
    init(_ arguments: [String], columns: UInt16 = 100, state: String) throws {
        primary = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: CInt = 0
        var unlocked: CInt = 0
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2), which the Glibc module does not have.
        guard primary >= 0, ioctl(primary, 0x4004_5431, &unlocked) == 0, ioctl(primary, 0x8004_5430, &number) == 0
        else {
            throw POSIXError(.ENOTTY)
        }
        let secondary = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard secondary >= 0, ioctl(secondary, UInt(TIOCSWINSZ), &size) == 0 else { throw POSIXError(.ENOTTY) }
        let handle = FileHandle(fileDescriptor: secondary, closeOnDealloc: true)
        // A session of its own, with the pseudo-terminal to control it: signals of the terminal reach it.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments =
            ["--ctty", "--wait", "/usr/bin/setpriv", "--pdeathsig", "KILL", BuiltProgram.path] + arguments
        process.environment = ["HOME": "/nonexistent", "XDG_STATE_HOME": state, "TERM": "xterm"]
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        try handle.close()
        _ = fcntl(primary, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if process.isRunning { process.terminate() }
        close(primary)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(primary, $0.baseAddress, $0.count) }
    }

    func resize(columns: UInt16) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(primary, UInt(TIOCSWINSZ), &size)
    }

    /// Reads until the screen is as wanted. - Returns: false after 20 s.
    func waits(for condition: ([String]) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: 20)
        while Date() < deadline {
            readAvailable()
            if condition(rows) { return true }
            var polled = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
            if poll(&polled, 1, 20) > 0, polled.revents & Int16(POLLIN) == 0 { usleep(5000) }
        }
        return false
    }

    /// The exit status; nil if it does not end in 20 s.
    func status() -> Int32? {
        let deadline = Date(timeIntervalSinceNow: 20)
        while process.isRunning, Date() < deadline {
            readAvailable()
            usleep(5000)
        }
        readAvailable()
        return process.isRunning ? nil : process.terminationStatus
    }

    private func readAvailable() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(primary, &bytes, bytes.count)
            guard count > 0 else { return }
            written += bytes[..<count]
        }
    }

    var rows: [String] { Screen.rows(after: written) }
}
