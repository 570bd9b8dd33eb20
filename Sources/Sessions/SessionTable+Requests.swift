/// What is decided about requests and their answers.
extension SessionTable {
    /// Takes a request of an owner: the session, or another one without a session.
    /// - Parameters:
    ///   - waitingMax: how many of its requests may wait.
    ///   - isPassing: whether an answer tells of a failure that another try need not meet.
    public func admit(
        _ request: IncomingRequest, owner: UInt64, list: inout PendingRequests.List, session: Session?,
        waitingMax: Int, isPassing: ([UInt8]) -> Bool
    ) -> RequestAdmission {
        let insertion = pending.insert(
            owner: owner, list: &list, id: request.id, content: request.content, deadline: request.deadline,
            waiter: request.waiter)
        switch insertion {
        case .full: return .full
        case .inserted(let inserted):
            guard list.count > waitingMax else { return .inserted(inserted) }
            withdraw(inserted, list: &list)
            return .tooMany
        case .duplicate(let known, let state, let isSame):
            guard isSame else { return .idInUse }
            guard case .ended(let place) = state else { return .stillWaiting(known) }
            guard let session, isKnown(place, by: request, in: session), let event = answer(at: place, in: session),
                isPassing(event)
            else { return .ended(place) }
            // Who asks again after a passing failure wants another try.
            pending.forget(known)
            return admit(
                request, owner: owner, list: &list, session: session, waitingMax: waitingMax, isPassing: isPassing)
        }
    }

    /// Whether the client can know how the request before ended: over HTTP it asks because it does, over a connection if
    /// that was given the answer.
    private func isKnown(
        _ place: PendingRequests.Place, by request: IncomingRequest, in session: Session
    ) -> Bool {
        if request.isOverHTTP { return true }
        guard case .stream(let sequence) = place else { return true }
        return sequence <= session.transmitted
    }

    /// A request that was inserted, and then not taken after all.
    public func withdraw(_ request: PendingRequests.RequestID, list: inout PendingRequests.List) {
        if pending.settle(request, list: &list) != nil { pending.forget(request) }
    }

    /// Where an event for a session goes. - Parameters:
    ///   - cause: the id of the event that it answers; nil for a push.
    ///   - queuedBytes: that wait in the session's connection.
    ///   - isHere: whether a waiter is.
    public func route(
        answerTo cause: UnsafeRawBufferPointer?, in session: Session, queuedBytes: Int, isHere: (UInt64) -> Bool
    ) -> AnswerRoute {
        var request: PendingRequests.RequestID?
        if let cause {
            guard let found = pending.find(owner: session.handle, id: cause), found.state == .waiting else {
                return .unexpected
            }
            let waiter = pending.waiter(of: found.request)
            if waiter != 0, isHere(waiter) { return .waiter(waiter, found.request) }
            request = found.request
        }
        return admits(session, queuedBytes: queuedBytes) ? .stream(ending: request) : .tooSlow
    }

    /// What a client gets that asks over its connection for what was answered before: the answer again, under its
    /// sequence. Nil for nothing: what the connection is still to be given comes in its turn, and answers that were
    /// replayed to it are on their way to a client that asked before it could know; errors are not, as a client that asks
    /// again after an error is not to be met with silence.
    public func repeatedAnswer(
        at place: PendingRequests.Place, in session: Session, isError: ([UInt8]) -> Bool
    ) -> [UInt8]? {
        guard let event = answer(at: place, in: session) else { return nil }
        guard case .stream(let sequence) = place else { return event }
        if sequence > session.transmitted || sequence <= session.replayedThrough && !isError(event) { return nil }
        return event
    }
}
