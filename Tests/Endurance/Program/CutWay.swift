/// How a connection is lost.
enum CutWay: CaseIterable {
    /// Both sides at once, in the middle of whatever comes next.
    case both
    /// For a while nothing reaches the client, though what it sends still arrives; then both sides.
    case deaf
    /// The client's side at once, the gateway's a while later.
    case half
}
