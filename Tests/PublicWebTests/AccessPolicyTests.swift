import Core
import TestSupport
import Testing

@testable import PublicWeb

/// Rates, types, origins and principals, apart from the network.
@Suite struct AccessPolicyTests {
    private static func at(_ milliseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: 1_000_000_000 + milliseconds * 1_000_000)
    }

    /// At which of the times, in milliseconds, it gives one.
    private static func given(_ bucket: inout RateBucket, _ times: [UInt64]) -> [UInt64] {
        times.filter { bucket.take(1, now: at($0)) }
    }

    @Test func aBucketGivesItsBurstAndThenItsRate() {
        var bucket = RateBucket(perSecond: 10, burst: 3, now: Self.at(0))
        let first = Self.given(&bucket, [0, 0, 0, 0, 99, 101, 101, 190, 202])
        #expect(first == [0, 0, 0, 101, 202])
        // A pause is worth no more than the burst, and a clock that is behind changes nothing.
        let later = Self.given(&bucket, [60_000, 60_000, 60_000, 60_000, 0, 60_050, 60_101])
        #expect(later == [60_000, 60_000, 60_000, 60_101])
    }

    @Test func aBatchLargerThanTheBucketIsPaidForLater() {
        var bucket = RateBucket(perSecond: 1, burst: 2, now: Self.at(0))
        let isTaken = bucket.take(10, now: Self.at(0))
        let wait = bucket.secondsToWait(now: Self.at(0))
        let later = Self.given(&bucket, [0, 8_900, 9_100])
        #expect(isTaken && wait == 9 && later == [9_100])
        let isFull = [bucket.isFull(now: Self.at(9_100)), bucket.isFull(now: Self.at(60_000))]
        #expect(isFull == [false, true])
    }

    @Test func typesAreExactOrBeginSo() {
        func allows(_ patterns: [String], _ type: String) -> Bool {
            Array(type.utf8).withUnsafeBytes { EventTypes(patterns).contains($0) }
        }
        #expect(allows(["a", "b"], "b") && !allows(["a", "b"], "ab") && !allows([], "a") && !allows(["A"], "a"))
        #expect(allows(["com.example.*"], "com.example.x") && !allows(["com.example.*"], "com.exampleX"))
        #expect(allows(["*"], "") && allows(["x", "*"], "y") && !allows(["*x"], "yx") && allows(["*x"], "*x"))
    }

    @Test func pagesOfOtherOriginsAreKeptOut() {
        func allows(_ origins: [String]?, isLoopback: Bool = false, _ origin: String) -> Bool {
            Array(origin.utf8).withUnsafeBytes { OriginPolicy(origins: origins, isLoopback: isLoopback).allows($0) }
        }
        let own = ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "http://127.1.2.3:1"]
        let strange = [
            "https://app.example", "null", "", "http://localhost.evil.example", "http://evil.example:80",
            "http://127.0.0.1.evil.example", "file://localhost", "http://[::1", "http://", "http://[2001:db8::1]",
        ]
        for origin in own {
            #expect(allows(nil, isLoopback: true, origin), "\(origin)")
            #expect(!allows(nil, origin) && !allows(["https://app.example"], isLoopback: true, origin), "\(origin)")
        }
        for origin in strange { #expect(!allows(nil, isLoopback: true, origin) && !allows(nil, origin), "\(origin)") }
        #expect(allows(["https://app.example"], "https://app.example"))
        for origin in ["https://app.example:444", "http://app.example", "https://app.example.evil", "https://app"] {
            #expect(!allows(["https://app.example"], origin), "\(origin)")
        }
        #expect(allows(["*"], "https://anything") && allows(["null"], "null"))
        for text in ["https://app.example", "http://a:81", "*", "null", "https://[::1]:1"] {
            #expect(OriginPolicy.isOrigin(text), "\(text)")
        }
        for text in ["app.example", "https://App.example", "https://a/", "https://", "https://a b", "ftp://a", ""] {
            #expect(!OriginPolicy.isOrigin(text), "\(text)")
        }
    }

    @Test func browsersComeFromAllowedPagesOnly() throws {
        let tiers = try TestTiers { $0.origins = ["https://app.example"] }
        #expect(try tiers.upgrade(headers: "Origin: https://app.example\r\n").status == 101)
        let refused = try tiers.upgrade(headers: "Origin: https://evil.example\r\n")
        #expect(refused.status == 403 && refused.header("content-type") == "application/problem+json")
        let both = "Origin: https://app.example\r\nOrigin: https://evil.example\r\n"
        #expect(try tiers.upgrade(headers: both).status == 403)
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\nOrigin: https://evil.example\r\n").status == 403)
        #expect(try tiers.ask("POST /ping HTTP/1.1\r\n").status == 200)
        #expect(try tiers.metric("switchboard_origin_refused_total") == 3)
        let loopback = try TestTiers(.webOnly)
        #expect(try loopback.upgrade(headers: "Origin: http://localhost:3000\r\n").status == 101)
        #expect(try loopback.upgrade(headers: "Origin: https://app.example\r\n").status == 403)
        let beyond = try TestAccess(.webOnly) { $0.host = "0.0.0.0" }
        let header = beyond.bearer("ann") + "Origin: http://localhost:3000\r\n"
        #expect(try beyond.tiers.upgrade(headers: header).status == 403)
    }

    @Test func principalsThatAreIdleAreForgotten() {
        var limits = PrincipalLimits()
        limits.principalsMax = 1500
        let table = PrincipalTable(limits: limits)
        func find(_ number: Int, _ now: MonotonicInstant) -> Principal? {
            table.principal(named: Array("p\(number)".utf8), now: now)
        }
        let first = find(0, Self.at(0))
        #expect(first?.connect(max: 1) == true && first?.connect(max: 1) == false)
        for number in 1..<1500 { #expect(find(number, Self.at(0)) != nil) }
        #expect(find(2000, Self.at(59_000)) == nil && find(7, Self.at(59_000)) != nil)
        // Later they make room, but for those who have something.
        _ = find(3, Self.at(100_000))?.admit(1, now: Self.at(100_000))
        var found = 0
        for number in 2000..<3600 where find(number, Self.at(119_500)) != nil { found += 1 }
        #expect(found >= 1400 && table.count <= 1500)
        #expect(find(0, Self.at(119_500)) === first)
    }
}
