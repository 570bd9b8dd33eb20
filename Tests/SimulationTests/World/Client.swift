import Core
import Sessions

/// A client that follows the protocol, more or less: it keeps its token, its sequence and the requests that have no answer.
final class Client {
    struct Request {
        /// As it is meant, and as it stands in the JSON.
        let id: [UInt8]
        let raw: [UInt8]
        let data: [UInt8]
        /// The id was used for something else as well: any answer will do.
        var isSpoiled = false
    }

    struct Post {
        let exchange: Exchange
        let ids: [[UInt8]]
    }

    let number: Int
    private(set) var habits: ClientHabits
    unowned let world: World
    var dice: Dice { world.dice }
    private(set) var links: [Link] = []
    var pending: [Request] = []
    /// The last ones that have their answers.
    private(set) var done: [Request] = []
    private var posts: [Post] = []
    private var requests = 0
    private var token: [UInt8]?
    private var correlationID: CorrelationID?
    /// Of the session that `last` is of.
    private var handle: UInt64 = 0
    private var last: UInt64 = 0
    /// It said that it has what it has not: its streams may have gaps.
    private var hasLied = false
    private(set) var isFinished = false

    init(_ number: Int, _ world: World) {
        self.number = number
        self.world = world
        habits = ClientHabits(
            world.dice, client: number, of: world.scenario.clients, paddingBytesMax: world.scenario.paddingBytesMax)
    }

    var link: Link? { links.last { !$0.isLeft } }

    // MARK: Acting

    func act() {
        guard let link, link.opened != nil else {
            if self.link == nil { connect() }
            return
        }
        switch dice.below(100) {
        case 0..<2: connect()
        case 2..<4: leave(link)
        case 4: if dice.chance(20) { send(control: "close", nil, on: link) }
        case 5..<15: if dice.chance(habits.acknowledges) { acknowledge(link) }
        case 15..<30: if !posts.isEmpty { endPost(dice.below(posts.count)) }
        case 30..<40: if dice.chance(habits.repeats) { repeatRequest(link) }
        case 40..<44: if habits.isUnruly { misbehave(link) }
        case 44..<60: if dice.chance(habits.posts) { post() }
        default: if pending.count < habits.requestsMax { send(newRequest(), on: link) }
        }
    }

    func newRequest() -> Request {
        requests += 1
        let isEscaped = dice.chance(10)
        let tail = "\(number)-\(requests)"
        let padding = String(repeating: "x", count: dice.below(habits.paddingBytesMax + 1))
        let request = Request(
            id: Array("c.\(tail)".utf8), raw: Array((isEscaped ? "c\\u002e\(tail)" : "c.\(tail)").utf8),
            data: Array("{\"n\":\"\(tail)\",\"p\":\"\(padding)\"}".utf8))
        pending.append(request)
        return request
    }

    private func send(_ request: Request, on link: Link) {
        link.sentIDs.insert(request.id)
        world.findings.tell("client \(number) sends \(EventText.name(request.id)) on \(link.number)")
        world.send(EventText.request(id: request.raw, source: number, data: request.data), on: link)
    }

    private func send(control: String, _ data: String?, on link: Link) {
        requests += 1
        world.findings.tell("client \(number) sends \(control) \(data ?? "") on \(link.number)")
        let id = Array("k.\(number)-\(requests)".utf8)
        world.send(EventText.control("switchboard.session.\(control)", id: id, data: data), on: link)
    }

    private func acknowledge(_ link: Link) {
        var sequence = link.expected - 1
        switch dice.below(20) {
        case 0: sequence /= 2
        case 1:
            // There may be as much when it arrives.
            sequence = world.ledger.length(link.opened?.handle ?? 0) + 5
            hasLied = true
        case 2 where habits.isUnruly:
            // It has not got all of that.
            sequence = world.ledger.length(link.opened?.handle ?? 0)
            hasLied = true
        default: break
        }
        var text: [UInt8] = []
        text.append(decimal: sequence, width: 16)
        let data = "{\"sequence\":\"\(EventText.name(text))\"}"
        if dice.chance(20), let correlationID {
            _ = world.post(control: "switchboard.session.ack", data: data, of: correlationID)
        } else {
            send(control: "ack", data, on: link)
        }
    }

    private func repeatRequest(_ link: Link) {
        let known = pending + done
        if !known.isEmpty { send(dice.one(of: known), on: link) }
    }

    private func misbehave(_ link: Link) {
        switch dice.below(4) {
        case 0: world.send(Array("{\"id\":7}".utf8), on: link)
        case 1: world.sendBrokenFrame(on: link)
        default:
            for index in pending.indices.prefix(1) { pending[index].isSpoiled = true }
            guard let other = pending.first ?? done.last else { return }
            let spoiled = Request(id: other.id, raw: other.raw, data: Array("\"other\"".utf8), isSpoiled: true)
            send(spoiled, on: link)
        }
    }

    // MARK: HTTP

    private func post() {
        var batch: [Request] = []
        for _ in 0..<dice.between(1...3) {
            let known = pending + done
            batch.append(dice.chance(40) && !known.isEmpty ? dice.one(of: known) : newRequest())
        }
        if !dice.chance(30) { batch = [batch[0]] }
        let events = batch.map { EventText.request(id: $0.raw, source: number, data: $0.data) }
        let isOfSession = dice.chance(80)
        world.findings.tell("client \(number) posts \(batch.map { EventText.name($0.id) })")
        if dice.chance(15) {
            let name = dice.chance(70) ? correlationID : CorrelationID("async:\(number)-\(requests)")
            return world.postAsync(events, of: name)
        }
        let exchange = world.post(events, of: isOfSession ? correlationID : nil)
        posts.append(Post(exchange: exchange, ids: batch.map(\.id)))
    }

    /// Reads the response, or goes away before it.
    private func endPost(_ index: Int) {
        let post = posts[index]
        guard let response = post.exchange.response else {
            guard dice.chance(30) else { return }
            world.findings.tell("client \(number) gives up its post of \(post.ids.map { EventText.name($0) })")
            world.findings.reach(.postAbandoned)
            post.exchange.abandon()
            posts.remove(at: index)
            return
        }
        posts.remove(at: index)
        world.findings.expect(
            response.count == Set(post.ids).count, "a response to \(post.ids.count) events has \(response.count)")
        if dice.chance(10) { return }
        for event in response { world.read(event, for: self) }
    }

    // MARK: Connections

    func connect() {
        var wish = SessionWish(principal: habits.principal)
        if let token, dice.chance(habits.keepsToken) {
            wish.token = token.withUnsafeBytes { SessionToken($0) }
            switch habits.after {
            case .last: wish.after = last
            case .none: break
            case .old: wish.after = last / 2
            case .beyond: wish.after = last + UInt64(dice.below(30))
            }
            if wish.after ?? 0 > last { hasLied = true }
        }
        if let name = habits.name { wish.correlationID = CorrelationID(name) }
        if habits.isUnruly, dice.chance(5) { spoil(&wish) }
        if let link = world.connect(self, wish) { links.append(link) }
    }

    private func spoil(_ wish: inout SessionWish) {
        if dice.chance(50) {
            wish.token = SessionToken(
                instance: 0x5100, handle: wish.token?.handle ?? 1 << 32,
                secret: SessionToken.Secret(high: dice.next(), low: 0))
        } else {
            wish.principal = [9]
        }
    }

    func refused() {
        if dice.chance(50) || isKind { token = nil }
        if isKind { habits.name = nil }
    }

    /// Goes away, with or without a word.
    func leave(_ link: Link) {
        if dice.chance(30) { world.sendClose(on: link) }
        link.isClientGone = true
        left(link)
    }

    /// The client's end is over; the gateway's may not know.
    func left(_ link: Link) {
        link.isLeft = true
        links.removeAll { $0 === link }
    }

    /// The session is somebody else's, unless it was this client itself that took it over.
    func takenOver() {
        world.findings.reach(.closedByCode4001)
        guard links.isEmpty, isKind || dice.chance(50) else { return }
        token = nil
        habits.name = nil
    }

    // MARK: What it learns

    func opened(_ link: Link, _ event: OpenedEvent) {
        if event.handle != handle {
            handle = event.handle
            last = 0
            hasLied = false
        }
        last = max(last, link.expected - 1)
        token = event.token
        correlationID = world.correlationID(ofSession: event.handle)
        // Out of kindness to narrow limits, one at a time.
        for request in pending where !isKind && dice.chance(80) { send(request, on: link) }
    }

    /// - Returns: whether a gap before it is the client's own doing.
    func got(_ sequence: UInt64, on link: Link) -> Bool {
        if link.opened?.handle == handle { last = max(last, sequence) }
        return hasLied
    }

    func answered(_ id: [UInt8], data: UnsafeRawBufferPointer?, problem: ProblemKind?) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
        let request = pending[index]
        switch problem {
        // It was not taken: it may be sent again.
        case .tooManyRequests, .overloaded, .duplicateIdentifier: return
        case nil where !request.isSpoiled:
            world.findings.expect(
                data?.elementsEqual(request.data) == true, "\(EventText.name(id)) got the answer to something else")
        default: break
        }
        pending.remove(at: index)
        done.append(request)
        if done.count > 8 { done.removeFirst() }
    }

    // MARK: Kindness

    private var isKind = false

    /// From now on it does what the protocol says, and wants no more than the answers that it waits for.
    func becomeKind() {
        isKind = true
        habits.after = .last
        habits.keepsToken = 100
        habits.reads = 100
        habits.isUnruly = false
    }

    func finish(round: Int) {
        for index in posts.indices.reversed() where posts[index].exchange.response != nil { endPost(index) }
        guard !pending.isEmpty || !posts.isEmpty else {
            if let link { leave(link) }
            isFinished = true
            return
        }
        guard let link, link.opened != nil else {
            if self.link == nil { connect() }
            return
        }
        if !pending.isEmpty { send(pending[round % pending.count], on: link) }
    }

    var unfinished: String {
        "client \(number) still waits for \(pending.map { EventText.name($0.id) }) and \(posts.count) responses"
    }
}
