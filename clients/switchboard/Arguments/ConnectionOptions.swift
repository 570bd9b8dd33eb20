import CloudEvents
import Configuration
import Core
import HTTPClient
import Program

/// The options that `ping` and `connect` share: where the gateway is, and how to talk to it.
struct ConnectionOptions: Equatable {
    var endpoint: Endpoint
    var usesHTTP: Bool
    var verifiesCertificate: Bool
    var certificateAuthoritiesFile: String?
    /// Shown to a gateway that asks for it.
    var identity: ClientIdentity?
    var token: TokenSource
    var printsJSON: Bool
    var timeoutMilliseconds: UInt64
    var reconnects: Bool

    static let url = "[URL]"

    static let options = [
        CommandOption("-W", "--timeout", value: "SECONDS", help: "For each answer, and for connecting. Default: 10."),
        CommandOption("--http", help: "Plain HTTP (POST /events) instead of a WebSocket."),
        CommandOption("--no-reconnect", help: "Ends when the connection is lost, instead of resuming the session."),
        CommandOption("--json", help: "One JSON object per line, for programs."),
        CommandOption("--ca", value: "FILE", help: "Certificate authorities (PEM) to trust instead of the system's."),
        CommandOption("--insecure", help: "Accepts any certificate."),
        CommandOption("--cert", value: "FILE", help: "Your own certificate (PEM), for a gateway that asks for one."),
        CommandOption("--key", value: "FILE", help: "Its key (PEM)."),
        TokenSource.option,
    ]

    static let urlNotes = """
        URL is ws://, wss://, http:// or https:// with host, and port and path if they are not the usual ones; without
        a scheme it is ws://. Default: ws://127.0.0.1:8080/ws. With --http only its host and port matter.
        Beyond this machine http_proxy, https_proxy and no_proxy are followed.
        \(TokenSource.notes)
        """

    static let reconnectNotes = """
        A lost connection is made anew, after waits of up to 10 s or when the gateway says, and the session is resumed:
        what was sent in the meantime is recovered, and what was not answered is sent again.
        """

    init(_ arguments: ParsedArguments) throws(UsageError) {
        endpoint = arguments.operands.isEmpty ? Endpoint() : try Endpoint(parsing: arguments.operands[0])
        usesHTTP = arguments.has("--http")
        verifiesCertificate = !arguments.has("--insecure")
        certificateAuthoritiesFile = arguments.values["--ca"]
        token = try TokenSource(arguments)
        identity = try Self.identity(arguments)
        reconnects = !arguments.has("--no-reconnect")
        printsJSON = arguments.has("--json")
        timeoutMilliseconds = try arguments.milliseconds("--timeout", secondsMin: 0.001, secondsMax: 86_400) ?? 10_000
    }

    private static func identity(_ arguments: ParsedArguments) throws(UsageError) -> ClientIdentity? {
        switch (arguments.values["--cert"], arguments.values["--key"]) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            return ClientIdentity(certificate: try read(certificate, "--cert"), key: try read(key, "--key"))
        default: throw UsageError("--cert and --key belong together")
        }
    }

    private static func read(_ path: String, _ option: String) throws(UsageError) -> [UInt8] {
        switch FileReader.read(path) {
        case .success(let bytes): return bytes
        case .failure(let error): throw UsageError("\(option): \(Printable.text(path)) can't be read: \(error)")
        }
    }

    /// Told before anything is sent.
    var warnings: [String] {
        guard token != .none, !endpoint.isSecure, !LoopbackAddress.contains(endpoint.bareHost) else { return [] }
        let secure = usesHTTP ? "https://" : "wss://"
        return ["\(token) goes to \(endpoint.host) in the clear: who is on the way can use it. Use \(secure) there."]
    }

    func warn() {
        for warning in warnings {
            StandardStreams.write("switchboard: warning: \(Printable.text(warning))\n", toError: true)
        }
    }

    /// The same over HTTP, as one would type it.
    func httpCommand(_ command: String) -> String {
        var words = ["switchboard", command, "--http"]
        if !verifiesCertificate { words.append("--insecure") }
        if let certificateAuthoritiesFile { words += ["--ca", certificateAuthoritiesFile] }
        if case .file(let path) = token { words += ["--token-file", path] }
        return (words + [endpoint.httpURL]).joined(separator: " ")
    }
}

extension ConnectionOptions {
    /// As it is shown.
    var url: String { usesHTTP ? endpoint.httpURL : endpoint.webSocketURL }

    /// A proxy is of no use on the way to this machine.
    var policy: ConnectionPolicy {
        ConnectionPolicy(
            certificateAuthoritiesFile: certificateAuthoritiesFile, verifiesCertificate: verifiesCertificate,
            usesProxy: !LoopbackAddress.contains(endpoint.host), identity: identity)
    }

    /// Blocks until there is a connection, TLS included.
    func connect() throws(ClientError) -> ConnectedStream {
        try ConnectedStream.connect(
            url: endpoint.httpURL, timeoutMilliseconds: Int(timeoutMilliseconds), policy: policy)
    }

    /// - Returns: with the event that opened the session; nil over HTTP, where there is none.
    func open() throws(LinkFailure) -> (link: any GatewayLink, opening: Event?) {
        if usesHTTP {
            do { return (try HTTPLink(self), nil) } catch { throw LinkFailure("\(error)") }
        }
        let opened = try WebSocketLink.open(self)
        return (opened.link, opened.opening)
    }

    /// What went wrong, and what to try.
    func explain(_ failure: LinkFailure, command: String) -> String {
        let next =
            failure.isAboutCertificate
            ? "Trust its authority with --ca FILE, or accept any certificate with --insecure."
            : "Plain HTTP may work: \(httpCommand(command))"
        if endpoint.isSecure, identity == nil, failure.description.hasPrefix("the socket ended") {
            return """
                switchboard: no WebSocket at \(url): \(Printable.text(failure.description))
                If the gateway asks for certificates, show yours with --cert FILE and --key FILE.

                """
        }
        return "switchboard: no WebSocket at \(url): \(Printable.text(failure.description))\n\(next)\n"
    }
}
