import Testing

@testable import switchboard

@Suite struct PrintingTests {
    @Test(arguments: [
        ("plain é 日本", "plain é 日本"), ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"), ("a\nb\tc\r", "a b c "),
        ("\u{9B}31m", "\\u{9b}31m"),
        ("\u{7F}\u{0}", "\\u{7f}\\u{0}"), ("\u{202E}evil", "\\u{202e}evil"),
    ])
    func whatCouldMoveTheCursorIsShown(_ text: String, _ shown: String) {
        #expect(Printable.text(text) == shown)
    }

    @Test(
        arguments: [(0, "0.000"), (499, "0.000"), (500, "0.001"), (1_234_567, "1.235"), (61_000_000_000, "61000.000")]
            as [(UInt64, String)])
    func milliseconds(_ nanoseconds: UInt64, _ text: String) {
        #expect(Decimals.milliseconds(nanoseconds: nanoseconds) == text)
    }

    @Test func statisticsInTheMannerOfPing() {
        var statistics = RequestStatistics()
        for _ in 0..<4 { statistics.countSent() }
        statistics.countAnswer(roundTripNanoseconds: 1_000_000)
        statistics.countAnswer(roundTripNanoseconds: 3_000_000)
        statistics.countFailed()
        #expect(
            statistics.summary(url: "ws://h", elapsedMilliseconds: 5) == """
                --- ws://h ping statistics ---
                4 sent, 2 answered, 1 lost, 33.3% loss, time 5 ms
                1 not waited for
                rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms
                """)
        #expect(!statistics.isClean)
    }

    @Test func reconnectsAreCounted() {
        var statistics = RequestStatistics()
        #expect(statistics.reconnectText == nil)
        statistics.countResumed()
        #expect(statistics.reconnectText == "1 reconnect, all resumed")
        statistics.countRenewed()
        #expect(statistics.reconnectText == "2 reconnects, 1 resumed, 1 to a new session")
        #expect(
            statistics.summary(url: "u", elapsedMilliseconds: 0).hasSuffix(
                "\n2 reconnects, 1 resumed, 1 to a new session"))
    }

    @Test(
        arguments: [
            (
                .lost("it rained", retryMilliseconds: 250),
                "--- connection lost (it rained); reconnecting in 0.3 s"
            ),
            (.retrying("no", retryMilliseconds: 0), "--- not connected (no); trying again in 0 s"),
            (.gap(5...6), "--- 2 events missing: sequence 5 to 6"), (.gap(5...5), "--- 1 event missing: sequence 5"),
            (
                .resumed(
                    Resumption(
                        session: "s\u{1B}", isRecovered: true, recovered: 3, missing: 0, pending: 0,
                        awayMilliseconds: 1201)), "--- resumed session s\\u{1b}: 3 events recovered, after 1.3 s"
            ),
            (
                .resumed(
                    Resumption(
                        session: "s", isRecovered: false, recovered: 1, missing: 2, pending: 4, awayMilliseconds: 1)),
                "--- resumed session s: 1 event recovered, 2 events lost, 4 requests waiting, after 0.1 s"
            ),
        ] as [(LinkEvent, String)])
    func noticesOfTheConnection(_ event: LinkEvent, _ text: String) throws {
        #expect(try #require(LinkNotice(event)).text == text)
    }

    @Test func aLossIsNotRoundedAway() {
        var statistics = RequestStatistics()
        for _ in 0..<10_000 {
            statistics.countSent()
            statistics.countAnswer(roundTripNanoseconds: 1)
        }
        #expect(statistics.isClean)
        statistics.countSent()
        statistics.countFailed()
        #expect(statistics.summary(url: "", elapsedMilliseconds: 0).contains("<0.1% loss"))
    }

    @Test func nothingAnsweredIsNotClean() {
        var statistics = RequestStatistics()
        #expect(!statistics.isClean)
        #expect(statistics.roundTripText == nil)
        statistics.countSent()
        #expect(statistics.summary(url: "u", elapsedMilliseconds: 0).contains("1 sent, 0 answered, 0 lost, 0% loss"))
    }

    @Test(arguments: [
        ("web;dur=0.2, broker;desc=\"x\";dur=1.5,none", ["web 0.2", "broker 1.5"]), ("", []), (";dur=1", []),
        ("a;dur=x", []),
        ("a;dur=-1, b ; dur=2", ["b 2.0"]), ("a;dur=1e300", []),
    ])
    func serverTiming(_ text: String, _ metrics: [String]) {
        #expect(ServerTiming.parse(text).map { "\($0.name) \($0.milliseconds)" } == metrics)
    }
}
