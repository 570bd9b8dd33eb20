/// A request that another loop has, by that loop's number for it.
struct RemoteWait: Hashable {
    let origin: Int
    let wait: UInt64
}
