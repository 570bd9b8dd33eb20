/// What a session keeps of what it was sent. Idle sessions have none: each word of theirs counts.
final class SessionHistory {
    var stream: ReplayBuffer?
    var replies: ReplayBuffer?
}
