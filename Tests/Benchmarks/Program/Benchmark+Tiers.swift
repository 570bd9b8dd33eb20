import HTTP1
import Tiers

extension Benchmark {
    static var tiers: [Benchmark] {
        [
            returnAddressMaking("tiers.address.make", "a return address, sealed with the secret", Samples.secret),
            returnAddressChecking("tiers.address.check", "a return address, its seal checked", Samples.secret),
            returnAddressMaking("tiers.address.make.open", "a return address without a secret", nil),
            returnAddressChecking(
                "tiers.address.check.open", "a return address without a secret, its host checked", nil),
            Benchmark("tiers.call.sign", "a POST of 16 KiB between tiers") {
                (
                    authenticator: InternalAuthenticator(secret: Samples.secret),
                    body: [UInt8](repeating: 0x61, count: 16_384)
                )
            } _: { state, count in
                for _ in 0..<count {
                    let line = state.authenticator.headerLine(
                        path: "/events", body: state.body, wallNanoseconds: Samples.wall)
                    Sink.use(line?.utf8.count ?? 0)
                }
            },
            Benchmark("tiers.call.verify", "the same POST, its signature checked") {
                SignedCall()
            } _: { call, count in
                for _ in 0..<count {
                    // Each but the first is a repetition, which is found out last.
                    let verdict = call.authenticator.verify(call.head, body: call.body, wallNanoseconds: Samples.wall)
                    precondition(verdict == .accepted || verdict == .replayed)
                }
            },
        ]
    }

    private static let address = ReturnAddress(
        instance: Samples.instance, handle: 0x0000_0001_0000_0002, url: Samples.internalURL)

    private static func returnAddressMaking(_ name: String, _ operation: String, _ secret: [UInt8]?) -> Benchmark {
        Benchmark(name, operation) {
            InternalAuthenticator(secret: secret)
        } _: { authenticator, count in
            for _ in 0..<count { Sink.use(address.encoded(by: authenticator)) }
        }
    }

    private static func returnAddressChecking(_ name: String, _ operation: String, _ secret: [UInt8]?) -> Benchmark {
        Benchmark(name, operation) {
            let authenticator = InternalAuthenticator(secret: secret)
            return (authenticator: authenticator, text: Samples.place(address.encoded(by: authenticator)))
        } _: { state, count in
            for _ in 0..<count {
                Sink.touch(state.text)
                let text = UnsafeRawBufferPointer(state.text)
                let url = ReturnAddress.verifiedURL(in: text, by: state.authenticator)
                precondition(url != nil, "the address is not taken")
            }
        }
    }

    private struct SignedCall {
        let authenticator = InternalAuthenticator(secret: Samples.secret)
        let body = [UInt8](repeating: 0x61, count: 16_384)
        let head: RequestHead

        init() {
            let line = authenticator.headerLine(path: "/events", body: body, wallNanoseconds: Samples.wall) ?? ""
            let text = "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\(line)\r\nContent-Length: 0\r\n\r\n"
            var parser = RequestParser(limits: HTTPLimits())
            head = parse(Samples.place(Array(text.utf8)), &parser)
        }
    }
}
