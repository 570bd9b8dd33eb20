import Core
import Glibc
import Reactor
import Telemetry

/// Exports spans, log records and metrics over OTLP/HTTP (`http/json`), on a thread of its own.
///
/// Whatever the collector does, those who trace, log and count never wait for it: what it doesn't take in time is
/// dropped and counted, `switchboard_telemetry_dropped_total`. The exporter is not traced, and its own log records are
/// not exported.
public final class TelemetryExporter: Sendable {
    /// Beyond the time to flush: for taking down connections.
    private static let endMilliseconds = 500

    private let mailbox: Mailbox<ExportMessage>
    private let hasEnded: WakeSignal
    private let thread: Thread

    private final class Seed: @unchecked Sendable {
        // Sendable: made on the starting thread, then handed to the exporter's, which alone uses it from then on.
        let loop: EventLoop
        var home: ExportHome?
        init(loop: EventLoop, home: ExportHome) {
            self.loop = loop
            self.home = home
        }
    }

    /// Nil if nothing is to be exported.
    public static func start(_ process: ProcessInstrumentation) throws(SystemError) -> TelemetryExporter? {
        guard process.settings.exportsAnything else { return nil }
        return try TelemetryExporter(process) { _ in }
    }

    /// - Parameter adjust: changes the timing of each lane.
    init(
        _ process: ProcessInstrumentation, adjust: @escaping @Sendable (inout ExportTiming) -> Void
    ) throws(SystemError) {
        let loop = try EventLoop.make()
        let home = ExportHome(
            process: process, logger: process.makeUnexportedLogger(service: "telemetry"), loop: loop, adjust: adjust)
        let mailbox = loop.makeMailbox(messagesMax: 64) { [unowned home] in home.receive($0) }
        let hasEnded = try WakeSignal()
        let seed = Seed(loop: loop, home: home)
        home.addLanes()
        thread = try Thread(name: "telemetry") {
            Thread.blockSignals()
            seed.loop.run()
            seed.loop.end()
            seed.home = nil
            hasEnded.signal()
        }
        self.mailbox = mailbox
        self.hasEnded = hasEnded
        // A full mailbox has such a message in it.
        process.setWake { _ = mailbox.post(.look) }
    }

    /// Sends what waits, for so long at most, and ends. Called once.
    public func stop(flushMilliseconds: Int) {
        // The thread empties the mailbox at once: it never waits for anything else.
        while mailbox.post(.stop(milliseconds: flushMilliseconds)) == .full { usleep(1000) }
        var polled = pollfd(fd: hasEnded.fd, events: Int16(POLLIN), revents: 0)
        // curl waits for a name to be resolved before it lets go of a request: that must not hold up the process.
        if poll(&polled, 1, CInt(clamping: flushMilliseconds + Self.endMilliseconds)) > 0 { thread.join() }
    }
}
