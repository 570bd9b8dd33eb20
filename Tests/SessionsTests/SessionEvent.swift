/// What happens to a session.
enum SessionEvent: String, CaseIterable {
    case openNew, openByID, openByToken, openByWrongToken, openByGoneToken, openByOtherPrincipal
    case openAfterKnown, openAfterAcknowledged, openAfterDropped, openAfterTheEnd
    case detach, detachStale
    case appendThatFits, appendThatDropsTheOldest, appendThatIsNotTransmitted
    case transmit, acknowledgeNew, acknowledgeOld, acknowledgeBeyond
    case settle, keep, forget, keepReply
    case passReplayAge, passLinger, remove
}
