#if DEBUG || FUZZING
    import CloudEvents
    import Core
    import HTTP1
    import JSON
    import WebSocket

    /// A client that believes nothing: every byte that comes must be one of a response to one of its requests, or of a session
    /// that it has asked for. All of what was answered must be there when it looks, as the server has come to rest.
    final class ListenerPeer {
        private enum Mode { case http, webSocket, eventStream, over }

        let socket: ListenerSocket
        /// What has come, without what differs from run to run by intent.
        private(set) var transcript: [UInt8] = []
        /// Of the session that the connection has.
        private(set) var opened: JSONValue?
        private(set) var lastStatus = 0
        private(set) var lastBody: [UInt8] = []
        private var mode = Mode.http
        private var oracle: RequestOracle
        private var received: [UInt8] = []
        private var decoder = WebSocketDecoder(role: .client, messageBytesMax: 1 << 20)
        private var lastSequence: UInt64?
        /// Each of these ends what the server may send.
        private var isLastAnswer = false
        private var hasCloseFrame = false
        private var hasContinued = false
        private var isHalfClosed = false
        /// There are too many connections, and it is told so without being asked.
        private let isRefused: Bool
        private let isInternal: Bool

        init(_ socket: ListenerSocket, limits: HTTPLimits, isInternal: Bool, isRefused: Bool) {
            self.socket = socket
            self.isInternal = isInternal
            self.isRefused = isRefused
            oracle = RequestOracle(limits: limits)
        }

        var isOver: Bool { mode == .over }

        func send(_ bytes: ArraySlice<UInt8>) {
            guard mode != .over, !isHalfClosed, socket.send(bytes) else { return }
            if mode == .http { oracle.send(bytes) }
        }

        func endOutput() {
            isHalfClosed = true
            socket.endOutput()
        }

        func close() {
            socket.close()
            mode = .over
        }

        /// Whether a request of its was understood and has no answer.
        func isWaiting() -> Bool {
            guard mode == .http, !isLastAnswer, !isRefused else { return false }
            switch oracle.next() {
            case .whole, .malformed: return true
            case .begun, .none: return false
            }
        }

        // MARK: What comes

        /// - Parameter buffer: lent for the call.
        func look(_ buffer: UnsafeMutableRawBufferPointer) {
            guard mode != .over else { return }
            socket.receive(into: &received, by: buffer)
            var isMore = true
            while isMore {
                switch mode {
                case .http: isMore = readResponse()
                case .webSocket: isMore = readFrame()
                case .eventStream: isMore = readStreamed()
                case .over: isMore = false
                }
            }
            require(received.isEmpty, "neither a whole response nor a whole frame: \(text(received[...]))")
            if socket.hasEnded { ended() }
        }

        private func ended() {
            switch mode {
            case .http: require(!isWaiting(), "a request without an answer")
            case .webSocket: require(hasCloseFrame || isHalfClosed, "the end without a close frame")
            case .eventStream, .over: break
            }
            transcript.append(utf8: "end\n")
            mode = .over
        }

        private func readResponse() -> Bool {
            guard !received.isEmpty else { return false }
            require(!isLastAnswer, "something behind the last answer: \(text(received[...]))")
            var parser = ResponseHeadParser(limits: HTTPLimits())
            var consumed = 0
            let head = try? received.withUnsafeBytes { try parser.next($0, consumed: &consumed) }
            guard let head else { fail("no response: \(text(received[...]))") }
            let request = isRefused ? .none : oracle.next()
            if head.status == 100 {
                require(request.head?.expectsContinue == true && !hasContinued, "100 that nobody expects")
                hasContinued = true
                take(consumed)
                return true
            }
            check(head, against: request)
            if head.status == 101 {
                require(
                    head.headers.first("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || !isInternal)
                begin(.webSocket, head, consumed)
                return true
            }
            if head.headers.first("content-type") == "text/event-stream", request.head?.method != .head {
                require(head.status == 200 && head.headers.hasToken("connection", "close"))
                begin(.eventStream, head, consumed)
                return true
            }
            let body = body(of: head, isHead: request.head?.method == .head, from: consumed)
            take(consumed + body.count)
            isLastAnswer = head.headers.hasToken("connection", "close")
            hasContinued = false
            if case .malformed = request { require(isLastAnswer, "a connection goes on behind what is malformed") }
            oracle.answered()
            note(head, body)
            return true
        }

        private func begin(_ mode: Mode, _ head: ResponseHead, _ consumed: Int) {
            take(consumed)
            self.mode = mode
            transcript.append(utf8: "\(head.status)\n")
        }

        private func check(_ head: ResponseHead, against request: RequestOracle.Request) {
            switch request {
            case .whole: break
            case .begun(let asked):
                require(asked.expectsContinue && head.status >= 400, "\(head.status) before the request is whole")
            case .malformed(let status, _): require(head.status == status, "\(head.status), not \(status)")
            case .none: require(isRefused && head.status == 503, "\(head.status) that nobody has asked for")
            }
            let hasLength = head.headers.contains("content-length")
            require(head.headers.all("content-length").count <= 1 && !head.headers.contains("transfer-encoding"))
            require(!hasLength || head.status >= 200 && head.status != 204, "\(head.status) with a length")
        }

        private func body(of head: ResponseHead, isHead: Bool, from start: Int) -> [UInt8] {
            guard head.status != 204, head.status != 304 else { return [] }
            if isHead, head.headers.first("content-type") == "text/event-stream" {
                require(!head.headers.contains("content-length"), "a stream without end has a length")
                return []
            }
            guard let length = head.headers.first("content-length").flatMap({ Int($0) }), length >= 0 else {
                fail("\(head.status) without a length")
            }
            guard !isHead else { return [] }
            require(received.count - start >= length, "less than the length that was promised")
            let body = Array(received[start..<start + length])
            ListenerBody.check(body, status: head.status, contentType: head.headers.first("content-type"))
            return body
        }

        private func note(_ head: ResponseHead, _ body: [UInt8]) {
            lastStatus = head.status
            lastBody = body
            transcript.append(utf8: "\(head.status) \(head.headers.first("content-type") ?? "-") \(isLastAnswer)\n")
            // What differs with the time that has passed.
            guard !isInternal, !body.contains("\"timeline\"") else { return }
            Scrubbing.append(body[...], to: &transcript)
            transcript.append(0x0A)
        }

        // MARK: Sessions

        private func readFrame() -> Bool {
            guard !received.isEmpty else { return false }
            require(!hasCloseFrame, "something behind the close frame")
            var consumed = 0
            var event: [UInt8]?
            var isWhole = true
            do throws(WebSocketError) {
                try received.withMutableBytes { bytes throws(WebSocketError) in
                    switch try decoder.next(bytes, consumed: &consumed) {
                    case .needMoreData: isWhole = false
                    case .text(let message): event = Array(message)
                    case .binary: fail("a binary message")
                    case .ping, .pong: transcript.append(utf8: "pong\n")
                    case .close(let code, let reason):
                        hasCloseFrame = true
                        transcript.append(utf8: "close \(code?.rawValue ?? 0) \(reason.text)\n")
                    }
                }
            } catch { fail("no WebSocket: \(error)") }
            take(consumed)
            if let event { take(event: event) }
            return isWhole
        }

        private func readStreamed() -> Bool {
            guard !received.isEmpty else { return false }
            require(received.suffix(2) == [0x0A, 0x0A], "a piece of an event")
            var data: [UInt8] = []
            for line in received.split(separator: 0x0A, omittingEmptySubsequences: false) {
                if line.isEmpty, !data.isEmpty {
                    take(event: data)
                    data = []
                } else if line.starts(with: "data: ".utf8) {
                    data += line.dropFirst(6) + [0x0A]
                } else {
                    let isKnown =
                        line.isEmpty || line.first == 0x3A || line.starts(with: "id: ".utf8)
                        || line.starts(with: "retry: ".utf8)
                    require(isKnown && !line.contains(0x0D), "no event stream: \(text(line))")
                    if line.first == 0x3A { transcript += line + [0x0A] }
                }
            }
            received.removeAll(keepingCapacity: true)
            return false
        }

        private func take(event: [UInt8]) {
            guard let sequence = ListenerBody.sequence(ofEvent: event) else {
                require(opened == nil, "an event without a sequence: \(text(event[...]))")
                opened = (try? JSONValue.parse(event))?["data"]
                require(
                    opened?["resumetoken"]?.string != nil, "a session that does not begin: \(text(event[...]))")
                Scrubbing.append(event[...], to: &transcript)
                return
            }
            require(opened != nil, "an event before the session")
            // One that was answered before can be given again, but nothing may be missing.
            require(lastSequence.map { sequence <= $0 + 1 } ?? true, "\(sequence) behind \(lastSequence ?? 0)")
            lastSequence = max(lastSequence ?? 0, sequence)
            transcript.append(utf8: "\(sequence) ")
            Scrubbing.append(event[...], to: &transcript)
            transcript.append(0x0A)
        }

        private func take(_ count: Int) { received.removeFirst(count) }

        private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix(2000), as: UTF8.self) }
    }

    extension [UInt8] {
        fileprivate func contains(_ text: StaticString) -> Bool {
            let first = text.utf8Start[0]
            return withUnsafeBytes { bytes in
                bytes.indices.contains { bytes[$0] == first && bytes.slice($0..<bytes.count).hasPrefix(text) }
            }
        }

        fileprivate mutating func withMutableBytes<Failure: Error>(
            _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
        ) throws(Failure) {
            var failure: Failure?
            withUnsafeMutableBytes { bytes in
                do throws(Failure) { try body(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }
#endif
