/// Values by byte strings, found without making a string of the key. Hashes are seeded per process, so remote keys can't
/// aim at collisions. Not synchronised.
public struct BytesDictionary<Value> {
    private var buckets: [Int: [(key: [UInt8], value: Value)]] = [:]
    public private(set) var count = 0

    public init() {}

    private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: key)
        return hasher.finalize()
    }

    public subscript(key: UnsafeRawBufferPointer) -> Value? {
        guard let bucket = buckets[Self.hash(key)] else { return nil }
        for entry in bucket where entry.key.elementsEqual(key) { return entry.value }
        return nil
    }

    public mutating func set(_ value: Value, for key: UnsafeRawBufferPointer) {
        let hash = Self.hash(key)
        if let index = buckets[hash]?.firstIndex(where: { $0.key.elementsEqual(key) }) {
            buckets[hash]?[index].value = value
            return
        }
        buckets[hash, default: []].append((Array(key), value))
        count += 1
    }

    public mutating func removeAll(where predicate: (Value) -> Bool) {
        for (hash, bucket) in buckets {
            let kept = bucket.filter { !predicate($0.value) }
            count -= bucket.count - kept.count
            buckets[hash] = kept.isEmpty ? nil : kept
        }
    }

    public var values: [Value] { buckets.values.flatMap { $0.map(\.value) } }
}

extension BytesDictionary: Sendable where Value: Sendable {}
