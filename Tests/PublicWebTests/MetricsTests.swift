import TestSupport
import Testing

@testable import PublicWeb

/// What `/metrics` says after requests.
@Suite struct MetricsTests {
    private static func request(_ method: String, _ route: String, _ status: Int) -> String {
        "http_server_request_duration_seconds_count{http_request_method=\"\(method)\","
            + "http_response_status_code=\"\(status)\",url_scheme=\"http\""
            + (route.isEmpty ? "}" : ",http_route=\"\(route)\"}")
    }

    @Test func requestsByRouteMethodAndStatus() throws {
        let tiers = try TestTiers()
        for _ in 0..<3 { _ = try tiers.ask("POST /ping HTTP/1.1\r\n") }
        _ = try tiers.ask("GET /events/x%20y HTTP/1.1\r\n")
        _ = try tiers.ask("GET /no/such/path HTTP/1.1\r\n")
        _ = try tiers.ask("BREW /ping HTTP/1.1\r\n")
        let peer = try SessionPeer(tiers)
        peer.ping("a")
        _ = peer.next()
        #expect(try tiers.metric(Self.request("POST", "/ping", 200)) == 3)
        #expect(try tiers.metric(Self.request("GET", "/events/{id}", 404)) == 1)
        #expect(try tiers.metric(Self.request("GET", "", 404)) == 1)
        #expect(try tiers.metric(Self.request("_OTHER", "/ping", 405)) == 1)
        #expect(try tiers.metric(Self.request("GET", "/ws", 101)) == 1)
        #expect(try tiers.metric("switchboard_roundtrip_seconds_count") == 4)
        #expect(try tiers.metric("switchboard_batch_events_sum{batch=\"POST /events\"}") == 4)
        #expect(try tiers.metric("switchboard_loop_lag_seconds_count") > 4)
    }

    @Test func queuesAndTheirLimits() throws {
        let tiers = try TestTiers(.silentListener) { $0.limits.sessions.requestsMax = 500 }
        let peer = try SessionPeer(tiers)
        peer.ping("a")
        let labels = "{queue=\"pending\",unit=\"events\"}"
        #expect(try Polling.until { try tiers.metric("switchboard_queue_depth" + labels) == 1 })
        // Of both loops.
        #expect(try tiers.metric("switchboard_queue_limit" + labels) == 1000)
        #expect(
            try Polling.until { try tiers.metric("switchboard_queue_depth{queue=\"timelines\",unit=\"events\"}") == 1 })
        #expect(try tiers.metric("switchboard_queue_limit{queue=\"mailbox-1\",unit=\"messages\"}") == 65_536)
    }
}
