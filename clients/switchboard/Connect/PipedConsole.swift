import Core
import Glibc
import Program

/// `connect` with commands from a pipe or a file: carries them out, waits for the answers, ends.
final class PipedConsole {
    /// Beyond it, what was read waits until answers have come.
    private static let pendingMax = 256
    private static let lineBytesMax = 1 << 20

    private let link: any GatewayLink
    private let signals: TerminationSignals
    private var state: ConnectRun
    private var input: [UInt8] = []
    private var linesRead = 0
    private var hasEnded = false
    private var hasFailed = false

    init(_ state: ConnectRun, _ link: any GatewayLink, _ signals: TerminationSignals) {
        self.state = state
        self.link = link
        self.signals = signals
    }

    /// - Returns: the exit status: 1 if a line was wrong, or something was not answered.
    func run() -> CInt {
        var isInterrupted = false
        while !isInterrupted {
            for event in link.advance() { state.receive(event) }
            state.expire(link, now: SystemClock.monotonic())
            carryOutLines()
            for line in state.takeLines() { StandardStreams.write(line.text + "\n", toError: line.isNotice) }
            if state.isLost || hasEnded && link.pendingCount == 0 { break }
            let readsInput = !hasEnded && link.pendingCount < Self.pendingMax
            let ready = Poller.wait(
                [
                    Poller.Interest(fd: signals.fd), Poller.Interest(fd: link.fd, writes: link.wantsToWrite),
                    Poller.Interest(fd: readsInput ? STDIN_FILENO : -1),
                ], milliseconds: state.milliseconds(until: link, now: SystemClock.monotonic()))
            if ready[2], readsInput { readInput() }
            isInterrupted = signals.next() != nil
        }
        link.close()
        let isClean = state.statistics.failed == 0 && state.statistics.waiting == 0
        return isClean && !state.isLost && !hasFailed ? 0 : 1
    }

    private func readInput() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count > 0 {
            input += bytes[..<count]
        } else {
            // The last line need not end.
            if !input.isEmpty { input.append(0x0A) }
            carryOutLines()
            hasEnded = true
        }
    }

    private func carryOutLines() {
        while !hasEnded, link.pendingCount < Self.pendingMax, let end = input.firstIndex(of: 0x0A) {
            let line = String(decoding: input[..<end], as: UTF8.self)
            input.removeFirst(end + 1)
            carryOut(line)
        }
        if input.count > Self.lineBytesMax, !input.contains(0x0A) {
            refuse("longer than 1 MiB")
            hasEnded = true
        }
    }

    private func carryOut(_ line: String) {
        linesRead += 1
        do throws(UsageError) {
            guard let instruction = try ConnectInstruction.parse(line) else { return }
            if !state.carryOut(instruction, link, now: SystemClock.monotonic()) { hasEnded = true }
        } catch { refuse("\(error)") }
    }

    private func refuse(_ why: String) {
        hasFailed = true
        StandardStreams.write("switchboard: line \(linesRead): \(why)\n", toError: true)
    }
}
