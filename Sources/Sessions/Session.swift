import Core

/// A client's session: what it was sent and has not acknowledged, what it waits for, and the connection it has, if any.
/// Its table changes it. It belongs to the thread of its loop.
public final class Session {
    // In the order that wastes least: a gateway has many thousands of these.
    public let correlationID: CorrelationID
    private var timerOrNone = TimingWheel<UInt64>.TimerID.none
    public var pending = PendingRequests.List()
    /// Who holds it; nil for anybody.
    public let principal: [UInt8]?
    let secret: SessionToken.Secret
    public internal(set) var handle: UInt64 = 0
    /// The number of the connection, or since when there is none, with the top bit set. Handles have it not.
    private var attachment: UInt64
    /// Of the last event of the stream; 0 before the first.
    public internal(set) var sequence: UInt64 = 0
    /// The client has everything up to it.
    public internal(set) var acknowledged: UInt64 = 0
    var history: SessionHistory?

    init(correlationID: CorrelationID, principal: [UInt8]?, secret: SessionToken.Secret, now: MonotonicInstant) {
        self.correlationID = correlationID
        self.principal = principal
        self.secret = secret
        attachment = Self.detachedBit | now.nanoseconds
    }

    var timer: TimingWheel<UInt64>.TimerID? {
        get { timerOrNone.orNil }
        set { timerOrNone = newValue ?? .none }
    }

    private static let detachedBit: UInt64 = 1 << 63

    /// The connection's own number; 0 without one.
    public var connection: UInt64 { isAttached ? attachment : 0 }
    public var isAttached: Bool { attachment & Self.detachedBit == 0 }
    /// Only of use without a connection.
    var detachedAt: MonotonicInstant { MonotonicInstant(nanoseconds: attachment & ~Self.detachedBit) }

    func attach(_ connection: UInt64) { attachment = connection }
    func detach(at now: MonotonicInstant) { attachment = Self.detachedBit | now.nanoseconds }

    var stream: ReplayBuffer? { history?.stream }
    /// Answers that went into HTTP responses, for those who ask again. Not part of the stream.
    var replies: ReplayBuffer? { history?.replies }

    /// The last of the stream when the connection came: what it was given up to there was a replay. Of use only for what
    /// is still there.
    var replayedThrough: UInt64 {
        get { history?.replayedThrough ?? 0 }
        set { history?.replayedThrough = newValue }
    }

    /// The connection was given everything up to it: all, where nothing is kept.
    public internal(set) var transmitted: UInt64 {
        get { history?.transmitted ?? sequence }
        set { history?.transmitted = newValue }
    }

    /// The stream, begun with the event after the session's last if there is none.
    var madeStream: ReplayBuffer {
        if let stream { return stream }
        let begun = ReplayBuffer(firstNumber: sequence + 1)
        madeHistory.stream = begun
        return begun
    }

    var madeReplies: ReplayBuffer {
        if let replies { return replies }
        let begun = ReplayBuffer(firstNumber: 1)
        madeHistory.replies = begun
        return begun
    }

    private var madeHistory: SessionHistory {
        let made = history ?? SessionHistory(transmitted: sequence)
        history = made
        return made
    }

    func dropEmptyHistory() {
        if stream?.isEmpty == true { history?.stream = nil }
        if replies?.isEmpty == true { history?.replies = nil }
        if stream == nil, replies == nil { history = nil }
    }

    /// Bytes of the stream that the connection was not given yet.
    public internal(set) var untransmittedBytes: Int {
        get { stream?.untransmittedBytes ?? 0 }
        set { stream?.untransmittedBytes = newValue }
    }

    public var replayEvents: Int { stream?.count ?? 0 }
    public var replayBytes: Int { (stream?.bytes ?? 0) + (replies?.bytes ?? 0) }
    /// Of the first event that is still there, or of the next one.
    public var firstAvailable: UInt64 { stream?.firstNumber ?? sequence + 1 }

    public func detachedMilliseconds(now: MonotonicInstant) -> UInt64? {
        isAttached ? nil : now.milliseconds(since: detachedAt)
    }
}
