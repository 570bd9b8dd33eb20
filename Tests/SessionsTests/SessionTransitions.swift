/// The table of the session machine: `event: outcome | the session afterwards`, in the words of `SessionMachine`.
enum SessionTransitions {
    /// By event.
    static func rows(of state: SessionState) -> [String: String] {
        var rows: [String: String] = [:]
        for line in text(of: state).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { rows[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
        }
        return rows
    }

    private static func text(of state: SessionState) -> String {
        switch state {
        case .none: none
        case .caughtUp: caughtUp
        case .lagging: lagging
        case .replaying: replaying
        case .detached: detached
        case .detachedWaiting: detachedWaiting
        case .detachedDropped: detachedDropped
        case .gone: gone
        }
    }

    private static let none = """
        openNew: new | c9 s0 a0 t0 k1+0 w0
        openByID: new | c9 s0 a0 t0 k1+0 w0
        openByToken: new | c9 s0 a0 t0 k1+0 w0
        openByWrongToken: new | c9 s0 a0 t0 k1+0 w0
        openByGoneToken: new | c9 s0 a0 t0 k1+0 w0
        openByOtherPrincipal: new | c9 s0 a0 t0 k1+0 w0
        openAfterKnown: new | c9 s0 a0 t0 k1+0 w0
        openAfterAcknowledged: new | c9 s0 a0 t0 k1+0 w0
        openAfterDropped: new | c9 s0 a0 t0 k1+0 w0
        openAfterTheEnd: new | c9 s0 a0 t0 k1+0 w0
        detach: - | no session
        detachStale: - | no session
        appendThatFits: - | no session
        appendThatDropsTheOldest: - | no session
        appendThatIsNotTransmitted: - | no session
        transmit: - | no session
        acknowledgeNew: - | no session
        acknowledgeOld: - | no session
        acknowledgeBeyond: - | no session
        settle: - | no session
        keep: - | no session
        forget: - | no session
        keepReply: - | no session
        passReplayAge: - | no session
        passLinger: - | no session
        remove: - | no session
        """

    private static let caughtUp = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: held | c1 s3 a1 t3 k2+2 w0
        openByToken: recovered, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openByWrongToken: wrongToken | c1 s3 a1 t3 k2+2 w0
        openByGoneToken: heldForNow | c1 s3 a1 t3 k2+2 w0
        openByOtherPrincipal: held | c1 s3 a1 t3 k2+2 w0
        openAfterKnown: recovered, taken from 1 | c9 s3 a2 t2 k3+1 w0
        openAfterAcknowledged: from 2, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openAfterDropped: recovered, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openAfterTheEnd: from 2, taken from 1 | c9 s3 a1 t1 k2+2 w0
        detach: done | c0 s3 a1 t3 k2+2 w0
        detachStale: done | c1 s3 a1 t3 k2+2 w0
        appendThatFits: served | c1 s4 a1 t4 k2+3 w0
        appendThatDropsTheOldest: served, served, served | c1 s6 a1 t6 k3+4 w0
        appendThatIsNotTransmitted: served, served, served, served, overrun | c1 s8 a1 t4 k5+4 w0
        transmit: nothing | c1 s3 a1 t3 k2+2 w0
        acknowledgeNew: true | c1 s3 a3 t3 k4+0 w0
        acknowledgeOld: true | c1 s3 a1 t3 k2+2 w0
        acknowledgeBeyond: false | c1 s3 a1 t3 k2+2 w0
        settle: settled | c1 s3 a1 t3 k2+2 w0
        keep: true, remembered 1 | c1 s4 a1 t3 k2+3 w0
        forget: remembered 0 | c1 s3 a1 t3 k2+2 w0
        keepReply: true, remembered 1 | c1 s3 a1 t3 k2+2 w0
        passReplayAge: done | c1 s3 a1 t3 k4+0 w0
        passLinger: done | c1 s3 a1 t3 k4+0 w0
        remove: waited for 0 | no session
        """

    private static let lagging = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: held | c1 s3 a1 t1 k2+2 w0
        openByToken: recovered, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openByWrongToken: wrongToken | c1 s3 a1 t1 k2+2 w0
        openByGoneToken: heldForNow | c1 s3 a1 t1 k2+2 w0
        openByOtherPrincipal: held | c1 s3 a1 t1 k2+2 w0
        openAfterKnown: recovered, taken from 1 | c9 s3 a2 t2 k3+1 w0
        openAfterAcknowledged: from 2, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openAfterDropped: recovered, taken from 1 | c9 s3 a1 t1 k2+2 w0
        openAfterTheEnd: from 2, taken from 1 | c9 s3 a1 t1 k2+2 w0
        detach: done | c0 s3 a1 t1 k2+2 w0
        detachStale: done | c1 s3 a1 t1 k2+2 w0
        appendThatFits: served | c1 s4 a1 t4 k2+3 w0
        appendThatDropsTheOldest: served, served, served | c1 s6 a1 t6 k3+4 w0
        appendThatIsNotTransmitted: served, served, overrun, overrun, overrun | c1 s8 a1 t4 k5+4 w0
        transmit: e2 | c1 s3 a1 t2 k2+2 w0
        acknowledgeNew: true | c1 s3 a3 t3 k4+0 w0
        acknowledgeOld: true | c1 s3 a1 t1 k2+2 w0
        acknowledgeBeyond: false | c1 s3 a1 t1 k2+2 w0
        settle: settled | c1 s3 a1 t1 k2+2 w0
        keep: true, remembered 1 | c1 s4 a1 t1 k2+3 w0
        forget: remembered 0 | c1 s3 a1 t1 k2+2 w0
        keepReply: true, remembered 1 | c1 s3 a1 t1 k2+2 w0
        passReplayAge: overrun | c1 s3 a1 t3 k4+0 w0
        passLinger: overrun | c1 s3 a1 t3 k4+0 w0
        remove: waited for 0 | no session
        """

    private static let replaying = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: held | c2 s3 a1 t2 k2+2 w0
        openByToken: recovered, taken from 2 | c9 s3 a1 t1 k2+2 w0
        openByWrongToken: wrongToken | c2 s3 a1 t2 k2+2 w0
        openByGoneToken: heldForNow | c2 s3 a1 t2 k2+2 w0
        openByOtherPrincipal: held | c2 s3 a1 t2 k2+2 w0
        openAfterKnown: recovered, taken from 2 | c9 s3 a2 t2 k3+1 w0
        openAfterAcknowledged: from 2, taken from 2 | c9 s3 a1 t1 k2+2 w0
        openAfterDropped: recovered, taken from 2 | c9 s3 a1 t1 k2+2 w0
        openAfterTheEnd: from 2, taken from 2 | c9 s3 a1 t1 k2+2 w0
        detach: done | c0 s3 a1 t2 k2+2 w0
        detachStale: done | c2 s3 a1 t2 k2+2 w0
        appendThatFits: served | c2 s4 a1 t4 k2+3 w0
        appendThatDropsTheOldest: served, served, served | c2 s6 a1 t6 k3+4 w0
        appendThatIsNotTransmitted: served, served, served, overrun, overrun | c2 s8 a1 t4 k5+4 w0
        transmit: e3 | c2 s3 a1 t3 k2+2 w0
        acknowledgeNew: true | c2 s3 a3 t3 k4+0 w0
        acknowledgeOld: true | c2 s3 a1 t2 k2+2 w0
        acknowledgeBeyond: false | c2 s3 a1 t2 k2+2 w0
        settle: settled | c2 s3 a1 t2 k2+2 w0
        keep: true, remembered 1 | c2 s4 a1 t2 k2+3 w0
        forget: remembered 0 | c2 s3 a1 t2 k2+2 w0
        keepReply: true, remembered 1 | c2 s3 a1 t2 k2+2 w0
        passReplayAge: overrun | c2 s3 a1 t3 k4+0 w0
        passLinger: overrun | c2 s3 a1 t3 k4+0 w0
        remove: waited for 0 | no session
        """

    private static let detached = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: recovered | c9 s3 a1 t1 k2+2 w0
        openByToken: recovered | c9 s3 a1 t1 k2+2 w0
        openByWrongToken: wrongToken | c0 s3 a1 t3 k2+2 w0
        openByGoneToken: another | c9 s0 a0 t0 k1+0 w0
        openByOtherPrincipal: held | c0 s3 a1 t3 k2+2 w0
        openAfterKnown: recovered | c9 s3 a2 t2 k3+1 w0
        openAfterAcknowledged: from 2 | c9 s3 a1 t1 k2+2 w0
        openAfterDropped: recovered | c9 s3 a1 t1 k2+2 w0
        openAfterTheEnd: from 2 | c9 s3 a1 t1 k2+2 w0
        detach: done | c0 s3 a1 t3 k2+2 w0
        detachStale: done | c0 s3 a1 t3 k2+2 w0
        appendThatFits: served | c0 s4 a1 t3 k2+3 w0
        appendThatDropsTheOldest: served, served, served | c0 s6 a1 t3 k3+4 w0
        appendThatIsNotTransmitted: served, served, served, served, served | c0 s8 a1 t4 k5+4 w0
        transmit: nothing | c0 s3 a1 t3 k2+2 w0
        acknowledgeNew: true | c0 s3 a3 t3 k4+0 w0
        acknowledgeOld: true | c0 s3 a1 t3 k2+2 w0
        acknowledgeBeyond: false | c0 s3 a1 t3 k2+2 w0
        settle: settled | c0 s3 a1 t3 k2+2 w0
        keep: true, remembered 1 | c0 s4 a1 t3 k2+3 w0
        forget: remembered 0 | c0 s3 a1 t3 k2+2 w0
        keepReply: true, remembered 1 | c0 s3 a1 t3 k2+2 w0
        passReplayAge: done | c0 s3 a1 t3 k4+0 w0
        passLinger: gone, waited for 0 | no session
        remove: waited for 0 | no session
        """

    private static let detachedWaiting = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: recovered | c9 s3 a1 t1 k2+2 w1
        openByToken: recovered | c9 s3 a1 t1 k2+2 w1
        openByWrongToken: wrongToken | c0 s3 a1 t3 k2+2 w1
        openByGoneToken: another | c9 s0 a0 t0 k1+0 w0
        openByOtherPrincipal: held | c0 s3 a1 t3 k2+2 w1
        openAfterKnown: recovered | c9 s3 a2 t2 k3+1 w1
        openAfterAcknowledged: from 2 | c9 s3 a1 t1 k2+2 w1
        openAfterDropped: recovered | c9 s3 a1 t1 k2+2 w1
        openAfterTheEnd: from 2 | c9 s3 a1 t1 k2+2 w1
        detach: done | c0 s3 a1 t3 k2+2 w1
        detachStale: done | c0 s3 a1 t3 k2+2 w1
        appendThatFits: served | c0 s4 a1 t3 k2+3 w1
        appendThatDropsTheOldest: served, served, served | c0 s6 a1 t3 k3+4 w1
        appendThatIsNotTransmitted: served, served, served, served, served | c0 s8 a1 t4 k5+4 w1
        transmit: nothing | c0 s3 a1 t3 k2+2 w1
        acknowledgeNew: true | c0 s3 a3 t3 k4+0 w1
        acknowledgeOld: true | c0 s3 a1 t3 k2+2 w1
        acknowledgeBeyond: false | c0 s3 a1 t3 k2+2 w1
        settle: settled | c0 s3 a1 t3 k2+2 w0
        keep: true, remembered 1 | c0 s4 a1 t3 k2+3 w0
        forget: remembered 0 | c0 s3 a1 t3 k2+2 w0
        keepReply: true, remembered 1 | c0 s3 a1 t3 k2+2 w0
        passReplayAge: done | c0 s3 a1 t3 k4+0 w1
        passLinger: gone, waited for 1 | no session
        remove: waited for 1 | no session
        """

    private static let detachedDropped = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: from 3 | c9 s6 a0 t2 k3+4 w0
        openByToken: from 3 | c9 s6 a0 t2 k3+4 w0
        openByWrongToken: wrongToken | c0 s6 a0 t6 k3+4 w0
        openByGoneToken: another | c9 s0 a0 t0 k1+0 w0
        openByOtherPrincipal: held | c0 s6 a0 t6 k3+4 w0
        openAfterKnown: recovered | c9 s6 a2 t2 k3+4 w0
        openAfterAcknowledged: from 3 | c9 s6 a0 t2 k3+4 w0
        openAfterDropped: from 3 | c9 s6 a1 t2 k3+4 w0
        openAfterTheEnd: from 3 | c9 s6 a0 t2 k3+4 w0
        detach: done | c0 s6 a0 t6 k3+4 w0
        detachStale: done | c0 s6 a0 t6 k3+4 w0
        appendThatFits: served | c0 s7 a0 t6 k4+4 w0
        appendThatDropsTheOldest: served, served, served | c0 s9 a0 t6 k6+4 w0
        appendThatIsNotTransmitted: served, served, served, served, served | c0 s11 a0 t7 k8+4 w0
        transmit: nothing | c0 s6 a0 t6 k3+4 w0
        acknowledgeNew: true | c0 s6 a6 t6 k7+0 w0
        acknowledgeOld: true | c0 s6 a0 t6 k3+4 w0
        acknowledgeBeyond: false | c0 s6 a0 t6 k3+4 w0
        settle: settled | c0 s6 a0 t6 k3+4 w0
        keep: true, remembered 1 | c0 s7 a0 t6 k4+4 w0
        forget: remembered 0 | c0 s6 a0 t6 k3+4 w0
        keepReply: true, remembered 1 | c0 s6 a0 t6 k3+4 w0
        passReplayAge: done | c0 s6 a0 t6 k7+0 w0
        passLinger: gone, waited for 0 | no session
        remove: waited for 0 | no session
        """

    private static let gone = """
        openNew: another | c9 s0 a0 t0 k1+0 w0
        openByID: another | c9 s0 a0 t0 k1+0 w0
        openByToken: another | c9 s0 a0 t0 k1+0 w0
        openByWrongToken: another | c9 s0 a0 t0 k1+0 w0
        openByGoneToken: another | c9 s0 a0 t0 k1+0 w0
        openByOtherPrincipal: another | c9 s0 a0 t0 k1+0 w0
        openAfterKnown: another | c9 s0 a0 t0 k1+0 w0
        openAfterAcknowledged: another | c9 s0 a0 t0 k1+0 w0
        openAfterDropped: another | c9 s0 a0 t0 k1+0 w0
        openAfterTheEnd: another | c9 s0 a0 t0 k1+0 w0
        detach: done | no session
        detachStale: done | no session
        appendThatFits: served | no session
        appendThatDropsTheOldest: served, served, served | no session
        appendThatIsNotTransmitted: served, served, served, served, served | no session
        transmit: nothing | no session
        acknowledgeNew: true | no session
        acknowledgeOld: true | no session
        acknowledgeBeyond: false | no session
        settle: no request | no session
        keep: no request | no session
        forget: no request | no session
        keepReply: no request | no session
        passReplayAge: done | no session
        passLinger: done | no session
        remove: waited for 0 | no session
        """
}
