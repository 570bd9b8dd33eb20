#if DEBUG || FUZZING
    import CloudEvents
    import Core
    import JSON
    import Tiers

    @testable import HTTPClient

    /// A dispatcher whose events say themselves what becomes of them: `PingRequest` is answered, and the letters of a type such
    /// as `x.aap` are, one after the other, what is done; any other type is never answered.
    struct ScriptedDispatcher {
        /// What `Answer` and the failures mean.
        private enum Letter {
            static let answer: Character = "a"
            static let push: Character = "p"
            static let error: Character = "e"
            static let long: Character = "l"
            static let stranger: Character = "w"
            static let own: Character = "m"
            static let failure: Character = "f"
            static let refusal: Character = "s"
            static let nonsense: Character = "r"
        }

        /// To be posted to /dispatch, each in a request of its own.
        private(set) var answers: [[UInt8]] = []
        private(set) var lastEvent: JSONValue?
        /// What an event did to others in its batch: and who shares its batch is a matter of time.
        private(set) var hasTouchedOthers = false

        mutating func takeAnswers() -> [[UInt8]] {
            defer { answers = [] }
            return answers
        }

        /// Before the next script.
        mutating func forget() {
            hasTouchedOthers = false
            lastEvent = nil
        }

        mutating func respond(to request: ClientRequest) -> ClientResponse {
            guard request.method == .post else { return ClientResponse(status: 200, body: Array("{}".utf8)) }
            require(request.url.hasSuffix("/events"))
            check(request.body)
            guard case .array(let events)? = try? JSONValue.parse(request.body) else { fail("no array") }
            var failures: [EventFailure] = []
            var response: ClientResponse?
            for (index, event) in events.enumerated() {
                lastEvent = event
                for letter in Self.letters(of: event) {
                    switch letter {
                    case Letter.failure:
                        failures.append(
                            EventFailure(index: index, problem: Problem(.unroutableType, "as the event wanted it")))
                    case Letter.refusal: response = ClientResponse(status: 400, body: [])
                    case Letter.nonsense:
                        response = ClientResponse(status: 207, body: Array((event["data"]?.string ?? "").utf8))
                    default: answer(event, letter)
                    }
                }
            }
            if let response {
                if events.count > 1 { hasTouchedOthers = true }
                return response
            }
            return failures.isEmpty
                ? ClientResponse(status: 202, body: [])
                : ClientResponse(status: 207, body: EventFailure.encode(failures))
        }

        private static func letters(of event: JSONValue) -> Substring {
            let type = event["type"]?.string ?? ""
            if type == "PingRequest" { return "a" }
            return type.hasPrefix("x.") ? type.dropFirst(2).prefix(8) : ""
        }

        /// What public-web sends must be right whatever the client has sent.
        private func check(_ body: [UInt8]) {
            body.withUnsafeBytes { bytes in
                let isBatch =
                    (try? EventBatch.forEach(bytes, rules: .strict) { event in
                        for member in [EventEnvelope.Member.returnaddress, .correlationid, .expirytime, .id, .type] {
                            require(event.has(member), "\(member) is missing: \(bytes.text)")
                        }
                        require(!event.has(.sequence) && !event.has(.servertiming), "the client's: \(bytes.text)")
                    }) != nil
                require(isBatch, "no batch: \(bytes.text)")
            }
        }

        private mutating func answer(_ event: JSONValue, _ letter: Character) {
            switch letter {
            case Letter.own: answers.append(Array((event["data"]?.string ?? "").utf8))
            case Letter.answer, Letter.push, Letter.error, Letter.long, Letter.stranger:
                var body: [UInt8] = [0x5B]
                Self.answer(event, letter).append(to: &body)
                answers.append(body + [0x5D])
            default: break
            }
        }

        private static func answer(_ event: JSONValue, _ letter: Character) -> JSONValue {
            let id = event["id"] ?? .null
            var members: [(String, JSONValue)] = [
                ("specversion", .string("1.0")), ("id", .string("answer")), ("source", .string("/listener")),
                ("type", .string(letter == Letter.error ? "switchboard.error" : "PingResponse")),
                ("returnaddress", event["returnaddress"] ?? .null),
            ]
            members.append(
                ("correlationid", letter == Letter.stranger ? .string("other") : event["correlationid"] ?? .null))
            if letter != Letter.push { members.append(("causationid", id)) }
            for name in ["traceparent", "tracestate", "expirytime"] {
                if let value = event[name] { members.append((name, value)) }
            }
            members.append(("servertiming", .string("ping-listener;dur=0.1, dispatcher;dur=0.2")))
            members.append(("time", .string("2026-01-02T03:04:05Z")))
            switch letter {
            case Letter.error:
                members.append(
                    (
                        "data",
                        .object([
                            ("type", .string("urn:switchboard:problem:listener-failed")),
                            ("title", .string("it failed")),
                            ("status", .number("502")), ("detail", .string("as the event wanted it")),
                        ])
                    ))
            case Letter.long: members.append(("data", .string(String(repeating: "long ", count: 500))))
            default: members.append(("data", event["data"] ?? .null))
            }
            return .object(members)
        }
    }
#endif
