import Core

/// A JSON Web Token in its compact form (RFC 7515 §3.1), taken apart and not yet believed.
struct CompactToken {
    static let bytesMax = 8192
    /// As it is encoded. It is taken apart before it is known whether to believe the token.
    private static let headerBytesMax = 4096
    private static let headerDepthMax = 8

    let algorithm: TokenAlgorithm
    let keyID: String?
    /// What was signed.
    let signed: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    init(_ text: UnsafeRawBufferPointer) throws(TokenError) {
        guard text.count <= Self.bytesMax else { throw .tooLong }
        let dots = text.indices.filter { text[$0] == 0x2E }
        guard dots.count == 2 else { throw .malformed }
        guard dots[0] <= Self.headerBytesMax else { throw .tooLong }
        guard let header = Base64URL.decode(text.slice(0..<dots[0])),
            let payload = Base64URL.decode(text.slice(dots[0] + 1..<dots[1])),
            let signature = Base64URL.decode(text.slice(dots[1] + 1..<text.count))
        else { throw .malformed }
        let document = try TokenDocument(header, depthMax: Self.headerDepthMax)
        guard let name = try document.string("alg") else { throw .malformed }
        // Some libraries take any case of it.
        if name.lowercased() == "none" { throw .unsigned }
        guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .unsupportedAlgorithm }
        guard document["crit"] == nil, try Self.isAccessToken(document.string("typ")) else { throw .unsupportedHeader }
        self.algorithm = algorithm
        keyID = try document.string("kid")
        signed = Array(text.slice(0..<dots[1]))
        self.payload = payload
        self.signature = signature
    }

    /// A token that was made for something else is not to be taken for one to log in with (RFC 8725 §3.11).
    private static func isAccessToken(_ type: String?) -> Bool {
        guard var type = type?.lowercased() else { return true }
        if type.hasPrefix("application/") { type.removeFirst("application/".count) }
        return type == "jwt" || type == "at+jwt"
    }
}
