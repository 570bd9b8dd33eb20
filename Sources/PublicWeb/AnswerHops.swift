import CloudEvents
import Core

/// What public-web adds to the hops of an answer that came back: its own time in front, and the broker's behind.
struct AnswerHops {
    let ownNanoseconds: UInt64
    /// What no tier claims.
    let brokerNanoseconds: UInt64

    /// The whole value of `servertiming`.
    func append(_ delivery: Delivery, to output: inout [UInt8]) {
        ServerTimings.append("public-web", nanoseconds: ownNanoseconds, to: &output)
        if let hops = delivery.value(.servertiming) {
            output.append(0x2C)
            output.append(bytes: hops)
        }
        output.append(0x2C)
        ServerTimings.append("broker", nanoseconds: brokerNanoseconds, to: &output)
    }
}
