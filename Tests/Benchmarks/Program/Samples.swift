import Core
import WebSocket

/// What is measured with: events and requests as clients and services send them.
enum Samples {
    static let secret = [UInt8](repeating: 0x5A, count: 32)
    static let internalURL = "http://127.0.0.1:8081"
    static let instance: UInt64 = 0x1234_5678_9ABC_DE00
    static let wall: UInt64 = 1_760_000_000_123_456_789

    /// The bytes have a place of their own that is never freed, so that they can be changed.
    static func place(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        memory.copyBytes(from: bytes)
        return memory
    }

    /// The 36 digits of an id like a client's.
    static func id(_ number: Int) -> String {
        var bytes: [UInt8] = []
        UUIDv7(high: 0x0198_C5A0_7D5E_7000 | UInt64(number & 0xFFF), low: 0x8000_0000_0000_0000 | UInt64(number))
            .append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func sessionID(_ number: Int) -> UUIDv7 {
        UUIDv7(high: 0x0198_C5A0_0000_7000 | UInt64(number & 0xFFF), low: 0x9000_0000_0000_0000 | UInt64(number))
    }

    /// A client's PingRequest of so many bytes, at least 150.
    static func ping(id: String = Samples.id(1), bytes: Int = 200) -> [UInt8] {
        let start = """
            {"specversion":"1.0","id":"\(id)","source":"/switchboard/client","type":"PingRequest","data":{"text":"
            """
        let end = "\"}}"
        let padding = String(repeating: "switchboard ", count: bytes / 12 + 1)
        return Array((start + padding.prefix(max(bytes - start.utf8.count - end.utf8.count, 0)) + end).utf8)
    }

    /// What ping-listener says to it, as it comes back to public-web.
    static func answer(to id: String, session: String, returnAddress: [UInt8]) -> [UInt8] {
        let address = String(decoding: returnAddress, as: UTF8.self)
        return Array(
            """
            {"specversion":"1.0","id":"0198c5a0-7d60-7abc-8def-0123456789ab","source":"/ping-listener","type":"PingResponse",\
            "time":"2026-10-09T08:53:20.123456Z","datacontenttype":"application/json","correlationid":"\(session)",\
            "causationid":"\(id)","returnaddress":"\(address)","expirytime":"2026-10-09T08:53:50.123456Z",\
            "servertiming":"public-web;dur=0.1,dispatcher;dur=0.4,ping-listener;dur=0.05",\
            "data":{"receivedat":"2026-10-09T08:53:20.123456Z","request":{"text":"switchboard switchboard"}}}
            """.utf8)
    }

    /// Text with characters of one to four bytes, so many bytes in all.
    static func text(bytes: Int) -> [UInt8] {
        var text: [UInt8] = []
        while text.count + 64 < bytes { text += "Grüße aus Köln, мир и дружба, 世界, 😀. ".utf8 }
        return text + [UInt8](repeating: 0x61, count: bytes - text.count)
    }

    /// A client's frame that can be unmasked in place over and over: its mask turns one such text into another one, as it
    /// changes the last bit of each byte alone.
    static func frame(_ payload: [UInt8]) -> UnsafeMutableRawBufferPointer {
        var frame: [UInt8] = []
        payload.withUnsafeBytes { FrameEncoder.append(.text, payload: $0, mask: 0x0101_0101, to: &frame) }
        return place(frame)
    }

    /// As Chrome sends it.
    static let handshake = Array(
        """
        GET /ws HTTP/1.1\r
        Host: switchboard.example:8080\r
        Connection: Upgrade\r
        Pragma: no-cache\r
        Cache-Control: no-cache\r
        User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r
        Upgrade: websocket\r
        Origin: https://switchboard.example\r
        Sec-WebSocket-Version: 13\r
        Accept-Encoding: gzip, deflate, br, zstd\r
        Accept-Language: en-GB,en;q=0.9,de;q=0.8\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r
        Sec-WebSocket-Protocol: cloudevents.json\r
        \r

        """.utf8)

    /// As curl sends it, from a script that begins a trace.
    static let post: [UInt8] = {
        let body = ping()
        let head = """
            POST /events HTTP/1.1\r
            Host: 127.0.0.1:8080\r
            User-Agent: curl/7.88.1\r
            Accept: */*\r
            Content-Type: application/cloudevents+json\r
            traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r
            Content-Length: \(body.count)\r
            \r

            """
        return Array(head.utf8) + body
    }()
}
