#if DEBUG || FUZZING
    import CRabbitMQ
    import Core

    @testable import Broker

    /// What a broker delivers: decoded by librabbitmq, and put together here, piece by piece.
    enum DeliveryFuzzing {
        private static let bytesMax = 64
        private static let basicClass: UInt16 = 60

        /// Parts with their length in front of each: the deliver method, the properties, how long the body is said to be,
        /// and its pieces.
        static func check(_ input: [UInt8]) {
            var rest = input[...]
            let method = part(&rest)
            let properties = part(&rest)
            let size = part(&rest).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            var pool = amqp_pool_t()
            init_amqp_pool(&pool, 4096)
            defer { empty_amqp_pool(&pool) }
            var assembler = DeliveryAssembler(generation: 1, bytesMax: bytesMax)
            for _ in 0..<2 {
                guard begin(&assembler, method, properties, size, &pool) else { return }
                var pieces = rest
                var sent: [UInt8] = []
                while !pieces.isEmpty, UInt64(sent.count) < size {
                    let piece = part(&pieces)
                    sent += piece
                    let result = piece.withUnsafeBytes { assembler.receive(amqp_bytes_t($0)) }
                    check(result, sent, size)
                }
            }
        }

        private static func part(_ input: inout ArraySlice<UInt8>) -> [UInt8] {
            let count = Int(input.popFirst() ?? 0)
            defer { input = input.dropFirst(count) }
            return Array(input.prefix(count))
        }

        private static func begin(
            _ assembler: inout DeliveryAssembler, _ method: [UInt8], _ properties: [UInt8], _ size: UInt64,
            _ pool: inout amqp_pool_t
        ) -> Bool {
            var decoded: UnsafeMutableRawPointer?
            let hasMethod = method.withUnsafeBytes {
                amqp_decode_method(AMQPMethod.basicDeliver, &pool, amqp_bytes_t($0), &decoded) == 0
            }
            guard hasMethod, let deliver = decoded?.assumingMemoryBound(to: amqp_basic_deliver_t.self) else {
                return false
            }
            // The texts of both stand in the frame, which stays until the message is whole.
            method.withUnsafeBytes { _ in assembler.receive(deliver.pointee) }
            return properties.withUnsafeBytes { bytes in
                var decoded: UnsafeMutableRawPointer?
                guard amqp_decode_properties(basicClass, &pool, amqp_bytes_t(bytes), &decoded) == 0,
                    let found = decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self)
                else { return false }
                let result = assembler.receive(found.pointee, bodySize: size)
                if case .message(let message) = result {
                    require(size == 0 && message.body.isEmpty && message.returns >= 0)
                }
                if case .tooLarge = result { fail("nothing of it has come") }
                let headers = IncomingHeaders(found.pointee)
                require(headers.deliveryCount >= 0)
                return true
            }
        }

        private static func check(_ result: DeliveryAssembler.Result, _ sent: [UInt8], _ size: UInt64) {
            switch result {
            case .incomplete: require(UInt64(sent.count) < size)
            case .message(let message):
                require(size <= UInt64(bytesMax) && UInt64(sent.count) >= size && message.body == sent)
                require(message.deliveryCount >= 0 && message.returns >= message.deliveryCount)
                require(message.death?.reason.isEmpty != true)
            case .tooLarge(_, _, _, let bytes): require(bytes == size && size > UInt64(bytesMax))
            }
        }
    }
#endif
