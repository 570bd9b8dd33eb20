import CCurl
import Core
import Reactor

/// HTTP requests on an event loop, by libcurl's multi interface: connections are kept and used again.
///
/// It belongs to its loop's thread; completions are called there, never within `send`.
public final class HTTPTransport: RequestTransport {
    private static let connectionsKeptMax = 64

    /// Not unowned: requests under way are taken off it when the transport ends, be it the last thing that does.
    private let loop: EventLoop
    private var policy: ConnectionPolicy?
    /// Which policy it is: what was made by an earlier one is not used again.
    private var policyNumber = 0
    private let multi: OpaquePointer
    private let sockets: WatchedSockets
    private var transfers: [OpaquePointer: Transfer] = [:]
    private var idle: [Transfer] = []
    private var requestsSent: UInt64 = 0
    private var timer: EventLoop.Timer?
    private var hasKickPending = false
    private let alarm = Alarm()

    /// Between a timer, which keeps its target, and the transport, which must be free to end.
    private final class Alarm: TimerTarget {
        weak var transport: HTTPTransport?

        func timerFired(kind: Int) { transport?.timerFired() }
    }

    /// - Parameter policy: nil: as between the tiers, directly and with the authorities of the system.
    public init(loop: EventLoop, policy: ConnectionPolicy? = nil) {
        self.loop = loop
        self.policy = policy
        CurlLibrary.initialise()
        defer { alarm.transport = self }
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.multi = OpaquePointer(multi)
        sockets = WatchedSockets(loop: loop)
        sockets.act = { [unowned self] in act(on: $0, $1) }
        sockets.loopEnded = { [unowned self] in abandon() }
        let context = Unmanaged.passUnretained(self).toOpaque()
        switchboard_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.connectionsKeptMax)
        switchboard_curl_multi_set_socket_callback(multi, Self.socketCallback)
        switchboard_curl_multi_set_pointer(
            multi, CURLMOPT_SOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque())
        switchboard_curl_multi_set_timer_callback(multi, Self.timerCallback)
        switchboard_curl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
    }

    deinit {
        // Taking a request out calls back.
        switchboard_curl_multi_set_socket_callback(UnsafeMutableRawPointer(multi), nil)
        switchboard_curl_multi_set_timer_callback(UnsafeMutableRawPointer(multi), nil)
        sockets.forgetAll()
        loop.cancel(&timer)
        for transfer in transfers.values { curl_multi_remove_handle(UnsafeMutableRawPointer(multi), transfer.easy) }
        curl_multi_cleanup(UnsafeMutableRawPointer(multi))
    }

    /// For requests from now on. Those under way go on as they began.
    public func replace(policy: ConnectionPolicy) {
        self.policy = policy
        policyNumber += 1
        idle = []
    }

    /// Requests under way.
    public var inFlight: Int { transfers.count }

    /// A request that was sent, to be abandoned.
    public struct Sent {
        let easy: OpaquePointer?
        let number: UInt64
    }

    @discardableResult
    public func send(
        _ request: ClientRequest, completion: @escaping (Result<ClientResponse, ClientError>) -> Void
    ) -> Sent {
        let transfer = idle.popLast() ?? makeTransfer()
        requestsSent += 1
        transfer.prepare(request, number: requestsSent, completion: completion)
        transfers[OpaquePointer(transfer.easy)] = transfer
        curl_multi_add_handle(UnsafeMutableRawPointer(multi), transfer.easy)
        kickSoon()
        return Sent(easy: OpaquePointer(transfer.easy), number: requestsSent)
    }

    /// Closes the request's connection; its completion is not called any more. Nothing happens if it has been.
    public func abandon(_ sent: Sent) {
        guard let easy = sent.easy, let transfer = transfers[easy], transfer.number == sent.number else { return }
        transfers[easy] = nil
        curl_multi_remove_handle(UnsafeMutableRawPointer(multi), transfer.easy)
        transfer.abandon()
        keep(transfer)
    }

    private func keep(_ transfer: Transfer) {
        if idle.count < Self.connectionsKeptMax, transfer.policyNumber == policyNumber { idle.append(transfer) }
    }

    private func makeTransfer() -> Transfer {
        let transfer = Transfer(policyNumber: policyNumber)
        switchboard_curl_set_close_callback(transfer.easy, Self.closeCallback)
        switchboard_curl_set_pointer(
            transfer.easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque())
        policy?.apply(to: transfer.easy)
        return transfer
    }

    // MARK: curl's callbacks, which must not call curl

    private static let socketCallback: switchboard_curl_socket_callback = { _, fd, what, context, _ in
        guard let context else { return 0 }
        Unmanaged<WatchedSockets>.fromOpaque(context).takeUnretainedValue().watch(fd, what)
        return 0
    }

    private static let closeCallback: switchboard_curl_close_callback = { context, fd in
        guard let context else { return 0 }
        return Unmanaged<WatchedSockets>.fromOpaque(context).takeUnretainedValue().close(fd)
    }

    private static let timerCallback: switchboard_curl_timer_callback = { _, milliseconds, context in
        guard let context else { return 0 }
        Unmanaged<HTTPTransport>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
        return 0
    }

    private func setTimer(_ milliseconds: Int) {
        loop.cancel(&timer)
        if milliseconds == 0 { return kickSoon() }
        if milliseconds > 0 { timer = loop.schedule(alarm, kind: 0, afterMilliseconds: UInt64(milliseconds)) }
    }

    private func kickSoon() {
        guard !hasKickPending else { return }
        hasKickPending = true
        loop.conclude { [weak self] in
            self?.hasKickPending = false
            self?.act(on: CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func timerFired() {
        timer = nil
        act(on: CURL_SOCKET_TIMEOUT, 0)
    }

    // MARK: Progress

    private func act(on fd: CInt, _ mask: CInt) {
        var running: CInt = 0
        curl_multi_socket_action(UnsafeMutableRawPointer(multi), fd, mask, &running)
        finishTransfers()
    }

    /// What waits for an answer that can't come any more is let go; it may be what keeps the transport.
    private func abandon() {
        let abandoned = transfers.values
        transfers = [:]
        for transfer in abandoned { curl_multi_remove_handle(UnsafeMutableRawPointer(multi), transfer.easy) }
    }

    private func finishTransfers() {
        var left: CInt = 0
        while let message = curl_multi_info_read(UnsafeMutableRawPointer(multi), &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = switchboard_curl_message_result(message)
            curl_multi_remove_handle(UnsafeMutableRawPointer(multi), easy)
            guard let transfer = transfers.removeValue(forKey: OpaquePointer(easy)) else { continue }
            let (completion, result) = transfer.finish(code)
            keep(transfer)
            completion?(result)
        }
    }
}
