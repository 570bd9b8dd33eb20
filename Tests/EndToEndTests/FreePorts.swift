import TestSupport

/// Ports that nobody listens on, below the range of ephemeral ones.
enum FreePorts {
    static func take(_ count: Int) -> [UInt16] {
        var ports: [UInt16] = []
        var candidate = UInt16.random(in: 10_000...29_000)
        while ports.count < count {
            candidate += 1
            if (try? RawSocket(port: candidate)) == nil { ports.append(candidate) }
        }
        return ports
    }
}
