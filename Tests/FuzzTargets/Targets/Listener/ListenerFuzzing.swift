#if DEBUG || FUZZING
    import Core
    import TestSupport

    /// The whole public listener, and the internal one: whatever its clients send, and however it is cut, each request has one
    /// answer, every byte that comes back is in order, and nothing is left when they are gone.
    enum ListenerFuzzing {
        private static let piecesMax = 4

        /// Servers and loops stay from input to input. In `lock` only.
        private nonisolated(unsafe) static var world: ListenerWorld?
        private static let lock = Mutex<Int>(0)

        /// - Parameter input: its first byte says how the rest, a `ListenerScript`, is cut.
        static func check(_ input: [UInt8]) {
            guard let seed = input.first else { return }
            let script = ListenerScript(input.dropFirst())
            lock.withLock { _ in
                let world = Self.world ?? makeWorld()
                Self.world = world
                let whole = world.run(script) { [$0] }
                var random = SeededRandom(seed: UInt64(seed))
                let cut = world.run(script) { pieces(of: $0, &random) }
                guard let whole, let cut else { return }
                for (number, (one, other)) in zip(whole, cut).enumerated() where one != other {
                    fail("connection \(number), whole:\n\(text(one))\ncut:\n\(text(other))")
                }
            }
        }

        private static func makeWorld() -> ListenerWorld {
            guard let world = try? ListenerWorld() else { fail("no listener") }
            return world
        }

        private static func pieces(of count: Int, _ random: inout SeededRandom) -> [Int] {
            var cuts = (1..<piecesMax).map { _ in Int(random.next() % UInt64(count + 1)) }.sorted()
            cuts.append(count)
            var last = 0
            return cuts.map { cut in
                defer { last = cut }
                return cut - last
            }
        }

        private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    }
#endif
