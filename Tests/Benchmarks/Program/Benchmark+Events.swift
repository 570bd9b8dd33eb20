import CloudEvents
import Core
import JSON
import Tiers

extension Benchmark {
    static var events: [Benchmark] {
        [
            validating("json.validate.200B", 200), validating("json.validate.16KiB", 16_384),
            Benchmark("events.scan", "the envelope of a PingRequest of 200 bytes", isAllocationFree: true) {
                Samples.place(Samples.ping())
            } _: { bytes, count in
                for _ in 0..<count {
                    Sink.touch(bytes)
                    Sink.use(scan(UnsafeRawBufferPointer(bytes)).extent.upperBound)
                }
            },
            Benchmark("events.rewrite", "a PingRequest with what public-web adds to it", isAllocationFree: true) {
                Rewriting()
            } _: { state, count in
                for _ in 0..<count { state.run() }
            },
            Benchmark("events.batch", "one of a batch of 32 answers, its envelope scanned", isAllocationFree: true) {
                let address = Array(String(repeating: "a", count: 88).utf8)
                let answer = Samples.answer(to: Samples.id(1), session: Samples.id(2), returnAddress: address)
                return Samples.place(
                    [0x5B] + [[UInt8]](repeating: answer, count: 32).joined(separator: [0x2C]) + [0x5D])
            } _: { bytes, count in
                var left = count
                while left > 0 {
                    Sink.touch(bytes)
                    let taken: Void? = try? EventBatch.forEach(UnsafeRawBufferPointer(bytes), rules: .strict) {
                        Sink.use($0.extent.upperBound)
                        left -= 1
                    }
                    precondition(taken != nil, "the batch is not taken")
                }
            },
            Benchmark("events.id", "a new UUIDv7, as text", isAllocationFree: true) {
                (random: RandomSource(), output: [UInt8]())
            } _: { state, count in
                for _ in 0..<count {
                    state.output.removeAll(keepingCapacity: true)
                    UUIDv7(wallNanoseconds: SystemClock.wallNanoseconds(), random: &state.random).append(
                        to: &state.output)
                    Sink.use(state.output)
                }
            },
        ]
    }

    static func scan(_ bytes: UnsafeRawBufferPointer) -> EventEnvelope {
        guard let envelope = try? EventEnvelope.scan(bytes, rules: .strict) else {
            preconditionFailure("the event is not taken")
        }
        return envelope
    }

    private static func validating(_ name: String, _ bytes: Int) -> Benchmark {
        Benchmark(name, "an event of \(bytes) bytes, UTF-8 included", isAllocationFree: true) {
            Samples.place(Samples.ping(bytes: bytes))
        } _: { bytes, count in
            for _ in 0..<count {
                Sink.touch(bytes)
                let validated: Void? = try? JSONScanner.validate(UnsafeRawBufferPointer(bytes))
                precondition(validated != nil, "the event is not taken")
            }
        }
    }

    private struct Rewriting {
        let event = Samples.place(Samples.ping())
        let correlationID = Array(Samples.id(2).utf8)
        let address = Array(String(repeating: "a", count: 88).utf8)
        let envelope: EventEnvelope
        var output: [UInt8] = []

        init() { envelope = scan(UnsafeRawBufferPointer(event)) }

        mutating func run() {
            output.removeAll(keepingCapacity: true)
            Sink.touch(event)
            envelope.appendRewritten(
                from: UnsafeRawBufferPointer(event),
                dropping: [.correlationid, .returnaddress, .sequence, .servertiming, .expirytime], to: &output
            ) { writer in
                correlationID.withUnsafeBytes { writer.rawString("correlationid", $0) }
                address.withUnsafeBytes { writer.rawString("returnaddress", $0) }
                writer.time("expirytime", wallNanoseconds: Samples.wall)
            }
            Sink.use(output)
        }
    }
}
