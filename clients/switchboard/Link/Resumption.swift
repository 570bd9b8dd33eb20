/// How a lost session came back.
struct Resumption: Equatable {
    let session: String
    /// Everything that was sent in the meantime is there.
    let isRecovered: Bool
    /// Events that were sent in the meantime and are there.
    let recovered: UInt64
    /// Those that are not.
    let missing: UInt64
    /// Requests without an answer.
    let pending: Int
    let awayMilliseconds: UInt64
}
