/// What a session keeps of what it was sent. Idle sessions have none: each word of theirs counts.
final class SessionHistory {
    var stream: ReplayBuffer?
    var replies: ReplayBuffer?
    var replayedThrough: UInt64 = 0
    var transmitted: UInt64

    init(transmitted: UInt64) { self.transmitted = transmitted }
}
