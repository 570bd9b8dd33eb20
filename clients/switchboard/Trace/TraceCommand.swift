import Core
import Glibc
import Program
import TraceStore

/// `switchboard trace`.
struct TraceCommand {
    /// Tiers send what they record within 200 ms, if `switchboard dev` told them to: a trace that has been quiet for so
    /// long is whole.
    private static let quietMilliseconds: UInt64 = 300
    private static let pollMicroseconds: UInt32 = 50_000
    private static let timelinesTriedMax = 3
    private static let sessionsTriedMax = 2

    private let options: TraceOptions
    private let source: TraceSource
    private let style: TextStyle
    private let columns: Int?
    private let deadline: MonotonicInstant

    static func run(_ arguments: [String]) throws -> CInt {
        switch try TraceOptions.syntax.parse(arguments) {
        case .help(let text):
            StandardStreams.write(text, toError: false)
            return 0
        case .arguments(let parsed):
            DisplayWidth.prepare()
            return try TraceCommand(try TraceOptions(parsed)).run()
        }
    }

    private init(_ options: TraceOptions) {
        self.options = options
        source = TraceSource(options)
        columns = Terminal.outputColumns
        style = TextStyle(isTerminal: columns != nil, environment: Environment.all)
        deadline = SystemClock.monotonic().advanced(byMilliseconds: options.waitMilliseconds)
    }

    private func run() throws -> CInt {
        switch options.query {
        case .id(let id): return try show(id)
        case .last(let count):
            // What was just sent is on its way still.
            usleep(UInt32(min(Self.quietMilliseconds, options.waitMilliseconds)) * 1000)
            return try list("last=\(count)", isOne: count == 1)
        case .slowest(let count): return try list("slowest=\(count)", isOne: count == 1)
        }
    }

    // MARK: Lists

    private func list(_ query: String, isOne: Bool) throws -> CInt {
        var (listing, body) = try source.list(query)
        while listing.traces.isEmpty, wait() { (listing, body) = try source.list(query) }
        guard let first = listing.traces.first else {
            return fail("no trace has come to \(options.from.httpURL) yet")
        }
        if isOne { return try show(first.traceID.text) }
        if options.printsJSON { write(body) } else { print(listing) }
        return 0
    }

    private func print(_ listing: TraceListing) {
        write(TraceTable(listing: listing, columns: columns, style: style).lines)
        if listing.total > listing.traces.count { write(["(\(listing.total) in all)"]) }
        if let first = listing.traces.first {
            write(["", "to see one: \(options.command(String(first.traceID.text.prefix(16))))"])
        }
    }

    // MARK: One

    private func show(_ id: String) throws -> CInt {
        let found: (answer: TraceAnswer, body: [UInt8])?
        do throws(TraceSource.Failure) { found = try settled(id) } catch {
            // public-web may know the event all the same.
            guard let timeline = timeline(id, nil) else { throw error }
            StandardStreams.write("switchboard: \(error)\n", toError: true)
            printTimeline(timeline, behind: nil)
            return 0
        }
        let timeline = timeline(id, found?.answer)
        guard found != nil || timeline != nil else {
            return fail(
                "`\(Printable.text(id))` is unknown: no trace, event or session at \(options.from.httpURL) has that id, and no "
                    + "event without a session at \(options.events.httpURL)"
                    + (options.correlationID == nil ? " (for one of a session, add --correlation ID)" : ""))
        }
        if options.printsJSON {
            printJSON(found?.body, timeline)
            return 0
        }
        if let answer = found?.answer {
            if answer.listing.total > 1 {
                let what =
                    answer.matched == .correlationID ? "session" : answer.matched == .eventID ? "event" : "beginning"
                write(["\(what) \(Printable.text(id)) has \(answer.listing.total) traces"])
                print(answer.listing)
                let rest = TraceText(answer: answer, layout: Waterfall.Layout(columns: columns), style: style).looseLogs
                if !rest.isEmpty { write([""] + rest) }
            } else {
                write(TraceText(answer: answer, layout: Waterfall.Layout(columns: columns), style: style).lines)
            }
        }
        if let timeline { printTimeline(timeline, behind: found?.answer) }
        return 0
    }

    /// Asks until it is there and nothing more comes, or the time is over.
    private func settled(_ id: String) throws(TraceSource.Failure) -> (answer: TraceAnswer, body: [UInt8])? {
        while true {
            let found = try source.find(id)
            if let answer = found?.answer {
                guard answer.listing.traces.count == 1, let trace = answer.listing.traces.first,
                    trace.quietMilliseconds < Self.quietMilliseconds
                else { return found }
            }
            guard wait() else { return found }
        }
    }

    /// False if there is no more time for it.
    private func wait() -> Bool {
        guard SystemClock.monotonic() < deadline else { return false }
        usleep(Self.pollMicroseconds)
        return true
    }

    /// Of the event that was asked for, or of the first one of the trace.
    private func timeline(_ id: String, _ answer: TraceAnswer?) -> EventTimelineText? {
        var ids = answer == nil || answer?.matched == .eventID ? [id] : []
        if let answer, answer.matched != .eventID, !answer.spans.isEmpty {
            let tree = TraceTree(spans: answer.spans, logs: [])
            for row in tree.rows {
                guard case .span(let index, _) = row.content else { continue }
                for id in tree.spans[index].eventIDs where !ids.contains(id) { ids.append(id) }
            }
        }
        if ids.isEmpty { ids = answer?.eventIDs ?? [] }
        var sessions = options.correlationID.map { [$0] } ?? []
        sessions += (answer?.correlationIDs ?? []).prefix(Self.sessionsTriedMax)
        sessions += (answer?.looseLogs.first?.correlationIDs ?? []).prefix(1)
        return source.timeline(Array(ids.prefix(Self.timelinesTriedMax)), sessions: sessions)
    }

    // MARK: Output

    private func printTimeline(_ timeline: EventTimelineText, behind answer: TraceAnswer?) {
        if options.printsJSON { return printJSON(nil, timeline) }
        if answer == nil {
            write([
                "no trace of it is here (not sampled, or not sent to \(options.from.httpURL)); what public-web knows:"
            ])
        } else {
            write([""])
        }
        write(timeline.lines(style))
    }

    private func printJSON(_ body: [UInt8]?, _ timeline: EventTimelineText?) {
        guard let timeline else { return write(body ?? []) }
        var bytes = body ?? Array("{}".utf8)
        bytes.removeLast()
        bytes += Array((body == nil ? "" : ",").utf8) + Array("\"timeline\":".utf8) + timeline.body + [0x7D]
        write(bytes)
    }

    private func write(_ lines: [String]) {
        StandardStreams.write(lines.joined(separator: "\n") + "\n", toError: false)
    }

    private func write(_ json: [UInt8]) { write([String(decoding: json, as: UTF8.self)]) }

    private func fail(_ text: String) -> CInt {
        StandardStreams.write("switchboard: \(text)\n", toError: true)
        return 1
    }
}
