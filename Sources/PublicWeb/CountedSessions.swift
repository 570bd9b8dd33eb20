/// What of a loop's sessions stands in the metrics already.
struct CountedSessions {
    var attached = 0
    var detached = 0
    var replayBytes = 0
    var dropped: UInt64 = 0
    var forwarding = 0
    var timelines = 0
}
