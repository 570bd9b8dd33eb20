/// What a run is to reach at least once. A simulation that does not get to its cases would find nothing there.
public enum Reached: Int, CaseIterable, Sendable {
    case opened, resumed, recovered, notRecovered, takenOver, refusedHeld, refusedWrongToken, refusedPrincipal
    case refusedFull, staleToken, afterBeyondTheEnd, cut, cutAmidFrame, noticedLate, closedByCode4001
    case accepted, repeatWaiting, repeatAnswered, repeatSilent, repeatedError, otherContent, tooManyRequests
    case tableFull, dispatcherFull, dispatcherFailed, answeredOnSession, answeredTwice, answeredLate, answeredOutOfOrder
    case serviceFailed, neverAnswered, pushed, dispatchGone, dispatchTooSlow, dispatchTriedAgain, deadLettered
    case deadlinePassed, overrun, tooSlowSoft, tooSlowHard, droppedUnacknowledged, lingeredOut, lingeredOutWaiting
    case displaced, refusedHeldForNow
    case goneWhileWaited, closedByClient, endedByOperator, acknowledged, acknowledgedOld, acknowledgedBeyond
    case malformedMessage, brokenFrame, posted, postedBatch, postedWithoutSession, postedAsync, asyncBegan
    case postAbandoned, answerWentTheSessionsWay, repeatAnsweredByPost, postTakenOver, postTriedAgain
    case thousandsOfClients

    public var name: String { "\(self)" }
}
