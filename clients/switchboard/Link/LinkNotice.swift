import CloudEvents
import JSON

/// What became of the connection, for people and for programs.
struct LinkNotice {
    let text: String
    let event: String
    let members: [(String, JSONValue)]

    /// Nil for what is no news of the connection.
    init?(_ event: LinkEvent) {
        switch event {
        case .lost(let why, let milliseconds):
            text = "--- connection lost (\(why)); reconnecting in \(Self.seconds(milliseconds))"
            self.event = "lost"
            members = [("detail", .string(why)), ("retrymilliseconds", .number("\(milliseconds)"))]
        case .retrying(let why, let milliseconds):
            text = "--- not connected (\(why)); trying again in \(Self.seconds(milliseconds))"
            self.event = "retrying"
            members = [("detail", .string(why)), ("retrymilliseconds", .number("\(milliseconds)"))]
        case .resumed(let resumption):
            text = Self.text(resumption)
            self.event = "resumed"
            members = Self.members(resumption)
        case .renewed(let opening, let former, let milliseconds):
            let session = opening.correlationID ?? ""
            let name = session == former ? "of that name" : Printable.text(session)
            text =
                "--- session \(Printable.text(former)) is gone; connected to a new one, \(name), "
                + "after \(Self.seconds(milliseconds))"
            self.event = "renewed"
            members = [
                ("session", .string(session)), ("formersession", .string(former)),
                ("awaymilliseconds", .number("\(milliseconds)")),
            ]
        case .gap(let missing):
            let range = "\(missing.lowerBound)" + (missing.count > 1 ? " to \(missing.upperBound)" : "")
            text = "--- \(Self.count(UInt64(missing.count), "event")) missing: sequence \(range)"
            self.event = "gap"
            members = [
                ("first", .string(SequenceTracker.format(missing.lowerBound))),
                ("last", .string(SequenceTracker.format(missing.upperBound))),
            ]
        case .opened, .answer, .problem, .push, .ended: return nil
        }
    }

    private static func text(_ resumption: Resumption) -> String {
        var text = "--- resumed session \(Printable.text(resumption.session)): "
        text += "\(count(resumption.recovered, "event")) recovered"
        if !resumption.isRecovered { text += ", \(count(resumption.missing, "event")) lost" }
        if resumption.pending > 0 { text += ", \(count(UInt64(resumption.pending), "request")) waiting" }
        return text + ", after \(seconds(resumption.awayMilliseconds))"
    }

    private static func members(_ resumption: Resumption) -> [(String, JSONValue)] {
        [
            ("session", .string(resumption.session)), ("recovered", .bool(resumption.isRecovered)),
            ("recoveredevents", .number("\(resumption.recovered)")),
            ("missingevents", .number("\(resumption.missing)")), ("pending", .number("\(resumption.pending)")),
            ("awaymilliseconds", .number("\(resumption.awayMilliseconds)")),
        ]
    }

    private static func seconds(_ milliseconds: UInt64) -> String {
        // Tenths, but what is shorter than one is not rounded away.
        let tenths = (milliseconds + 99) / 100
        return "\(Decimals.short(Double(tenths) / 10)) s"
    }

    private static func count(_ number: UInt64, _ noun: String) -> String {
        "\(number) \(noun)" + (number == 1 ? "" : "s")
    }
}
