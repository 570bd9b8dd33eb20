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
            guard request.waiter != 0, let session, let event = answer(at: place, in: session), isPassing(event) else {
                return .ended(place)
            }
            // Who asks again for a waiter after a passing failure wants another try.
            pending.forget(known)
            return admit(
                request, owner: owner, list: &list, session: session, waitingMax: waitingMax, isPassing: isPassing)
        }
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

    /// What a client gets that asks over its connection for what was answered before; nil for nothing. Answers that this
    /// connection was or will be given are not repeated; errors are, as a client that asks again after an error is not to
    /// be met with silence.
    public func repeatedAnswer(
        at place: PendingRequests.Place, in session: Session, isError: ([UInt8]) -> Bool
    ) -> [UInt8]? {
        guard let event = answer(at: place, in: session) else { return nil }
        if case .stream(let sequence) = place, sequence > session.resumedFrom, !isError(event) { return nil }
        return event
    }
}
