import Broker
import Core
import Glibc
import Program

/// `switchboard dead-letters`: one walk through the queue, whatever is to be done.
final class DeadLettersCommand {
    /// What was given back so often is published again before RabbitMQ 4 drops it, at twenty times.
    private static let returnsMax = 10

    private let options: DeadLettersOptions
    private let browser: QueueBrowser
    private var publisher: ConfirmedPublisher?
    private var found: Set<String> = []
    private var done = 0
    private var failures = 0

    static func run(_ arguments: [String]) throws -> CInt {
        switch try DeadLettersOptions.syntax.parse(arguments) {
        case .help(let text):
            StandardStreams.write(text, toError: false)
            return 0
        case .arguments(let parsed):
            DisplayWidth.prepare()
            let options = try DeadLettersOptions(parsed)
            guard try isAgreed(options) else {
                StandardStreams.write("nothing was dropped\n", toError: true)
                return 1
            }
            return try DeadLettersCommand(options).run()
        }
    }

    private static func isAgreed(_ options: DeadLettersOptions) throws(UsageError) -> Bool {
        guard options.action == .drop, !options.isAgreed else { return true }
        guard isatty(STDIN_FILENO) == 1 else { throw UsageError("drop asks, and nobody is there to answer: add --yes") }
        StandardStreams.write(
            "drop \(options.selection.description) in \(Printable.text(options.queue)) for good? [y/N] ", toError: true)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    private init(_ options: DeadLettersOptions) throws {
        self.options = options
        browser = try QueueBrowser.open(options.configuration, queue: options.queue)
    }

    private func run() throws -> CInt {
        if options.action == .list, !options.printsJSON, browser.messageCount > 0 { write(DeadLetterText.heading) }
        while !isEnough, let message = try browser.next() { try receive(message) }
        try publisher?.drain()
        try browser.close()
        for id in options.selection.ids where !found.contains(id) {
            fail("no dead letter in \(options.queue) has or answers the id \(id)")
        }
        if browser.skipped > 0 { fail("\(browser.skipped) messages are too large to be looked at") }
        let missing = browser.messageCount - browser.position
        if missing > 0, !isEnough {
            fail("\(missing) messages did not come: somebody else has them in hand, or has removed them")
        }
        if !options.printsJSON { summarize() }
        return failures == 0 ? 0 : 1
    }

    private var isEnough: Bool { options.limit.map { done >= $0 } ?? false }

    /// What is published there would push others out.
    private var isAlmostFull: Bool { browser.messageCount > StandardTopology.deadLettersMax * 9 / 10 }

    private func summarize() {
        let what = done == 1 ? "1 dead letter" : "\(done) dead letters"
        switch options.action {
        case .list: StandardStreams.write("\(what)\(isEnough ? ", and maybe more" : "")\n", toError: true)
        case .show: break
        case .replay: write("\(what) replayed")
        case .drop: write("\(what) dropped")
        }
    }

    private func receive(_ message: DeliveredMessage) throws {
        let task = DeadLetterMessage(message)
        let matching = task.letters.indices.filter { options.selection.contains(task.letters[$0]) }
        for index in matching {
            for id in options.selection.ids where task.letters[index].has(id: id) { found.insert(id) }
        }
        // So that nothing is decided before all of it has been looked at.
        task.underWay += 1
        for index in matching where !isEnough {
            let letter = task.letters[index]
            switch options.action {
            case .list:
                write(
                    options.printsJSON
                        ? DeadLetterText.json(letter, withEvent: false) : DeadLetterText.line(letter))
                done += 1
            case .show:
                show(letter)
                done += 1
            case .replay: try replay(index, of: task)
            case .drop: remove(index, of: task, "dropped")
            }
        }
        try finish(task)
    }

    private func show(_ letter: DeadLetter) {
        if options.printsJSON { return write(DeadLetterText.json(letter, withEvent: true)) }
        if done > 0 { write("") }
        for line in DeadLetterText.lines(letter) { write(line) }
    }

    private func remove(_ index: Int, of task: DeadLetterMessage, _ outcome: String) {
        done += 1
        task.removed.insert(index)
        guard options.printsJSON else { return }
        write(DeadLetterText.json(task.letters[index], withEvent: false, adding: outcome))
    }

    private func replay(_ index: Int, of task: DeadLetterMessage) throws {
        let letter = task.letters[index]
        let name = letter.id ?? "a message without events"
        guard let death = letter.death else {
            return fail("\(name) can't be replayed: nothing says where it was published")
        }
        guard max(death.exchange.utf8.count, death.routingKey.utf8.count) <= BrokerRoute.nameBytesMax else {
            return fail("\(name) can't be replayed: its exchange or routing key is longer than AMQP allows")
        }
        let bytes = letter.replayed(lifetimeSeconds: options.lifetimeSeconds)
        let route = BrokerRoute(exchange: death.exchange, routingKey: death.routingKey, batchEventsMax: 1)
        task.underWay += 1
        try confirmedPublisher().publish(
            bytes, ends: [Int32(clamping: bytes.count)], to: route, letter.metadata,
            lifetimeSeconds: options.lifetimeSeconds
        ) { [self] obstacle in
            if let obstacle {
                fail("\(name) was not replayed: \(obstacle)")
            } else {
                remove(index, of: task, "replayed")
            }
            try finish(task)
        }
    }

    /// One thing that was under way has come to its end. With the last one, what is kept stays in the queue: as it is if it
    /// can be, else published there again.
    private func finish(_ task: DeadLetterMessage) throws {
        task.underWay -= 1
        guard task.underWay == 0 else { return }
        let kept = task.kept
        if kept.isEmpty { return try browser.remove(task.message) }
        if task.removed.isEmpty, task.message.deliveryCount < Self.returnsMax || isAlmostFull { return }
        var events: [UInt8] = []
        var ends: [Int32] = []
        for letter in kept {
            if !ends.isEmpty { events.append(0x2C) }
            events += letter.bytes
            ends.append(Int32(clamping: events.count))
        }
        var metadata = kept[0].metadata
        metadata.death = task.message.death
        let route = BrokerRoute(
            exchange: "", routingKey: options.queue, batchEventsMax: kept.count, batchBytesMax: events.count + 2)
        try confirmedPublisher().publish(events, ends: ends, to: route, metadata, lifetimeSeconds: 0) {
            [self] obstacle in
            guard let obstacle else { return try browser.remove(task.message) }
            fail("a message was left as it was, and its events may be there twice: \(obstacle)")
        }
    }

    private func confirmedPublisher() throws -> ConfirmedPublisher {
        if let publisher { return publisher }
        let made = try ConfirmedPublisher(options.configuration) { [browser] in try browser.keepAlive() }
        publisher = made
        return made
    }

    private func write(_ line: String) { StandardStreams.write(line + "\n", toError: false) }

    private func fail(_ text: String) {
        failures += 1
        StandardStreams.write("switchboard: \(Printable.text(text))\n", toError: true)
    }
}
