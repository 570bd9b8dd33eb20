import Core
import Glibc
import HTTPClient
import Reactor
import TestSupport
import Testing

@Suite struct CoalescingPosterTests {
    @Test func anIdlePosterSendsWhatATurnBringsAtOnce() throws {
        let world = try PosterWorld(sign: { "X-Signature: \($0.count)" })
        #expect(world.poster?.isIdle == true)
        for number in 1...3 { #expect(world.append(number)) }
        #expect(world.poster?.eventsWaiting == 3 && world.poster?.bytesWaiting == 5)
        #expect(world.run { world.completed == [1, 2, 3] })
        #expect(world.posts == [[1, 2, 3]] && world.completions.count == 1)
        guard case .answered(let response) = world.completions[0].outcome else {
            Issue.record("\(world.completions)")
            return
        }
        #expect(response.status == 200)
        let headers = try #require(world.lastRequest?.head.headers)
        #expect(headers.first("content-type") == "application/cloudevents-batch+json")
        #expect(headers.first("x-signature") == "7")
        world.append(4)
        #expect(world.run { world.completed == [1, 2, 3, 4] })
        #expect(world.poster?.isIdle == true && world.poster?.postsSent == 2 && world.poster?.eventsSent == 4)
        #expect(world.poster?.bytesWaiting == 0)
    }

    /// The newest go, of batches that wait and of those that failed; the others are posted as they were.
    @Test func theNewestAreGivenUpForOthers() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.batchEventsMax = 3
            $0.backoffMinMilliseconds = 200
        }
        world.status = 503
        for number in 1...3 { world.append(number) }
        #expect(world.run { world.poster?.failure != nil })
        for number in 4...8 { world.append(number) }
        world.poster?.giveUp(newest: 3)
        #expect(world.completed == [7, 8, 6] && world.poster?.eventsWaiting == 2 && world.poster?.bytesWaiting == 3)
        world.poster?.giveUp(newest: 3)
        #expect(world.completed == [7, 8, 6, 4, 5, 3] && world.poster?.bytesWaiting == 0)
        world.status = 200
        #expect(world.run { world.completed.count == 8 })
        #expect(world.posts.last == [1, 2] && world.poster?.isIdle == true)
        world.poster?.giveUp(newest: 3)
        #expect(world.completed.count == 8)
    }

    @Test func whatComesWhilePostsAreUnderWayGoesTogether() throws {
        let world = try PosterWorld { $0.postsInFlightMax = 2 }
        world.status = nil
        for number in 0..<2 {
            world.append(number)
            #expect(world.run { world.posts.count == number + 1 })
        }
        for number in 2..<500 { #expect(world.append(number)) }
        world.server.turning.run(milliseconds: 40)
        #expect(world.posts.count == 2 && world.poster?.postsInFlight == 2 && world.poster?.eventsWaiting == 498)
        world.answer(200)
        #expect(world.run { world.posts.count == 3 })
        #expect(world.posts[2] == Array(2..<500))
        world.answer(200)
        world.answer(200)
        #expect(world.run { world.completed.count == 500 })
        #expect(world.completed.sorted() == Array(0..<500) && world.poster?.isIdle == true)
        #expect(world.poster?.bytesWaiting == 0)
    }

    @Test func aBatchHasAMostOfEventsAndOfBytes() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.batchEventsMax = 10
            $0.batchBytesMax = 25
        }
        for number in 10..<60 { world.append(number) }
        #expect(world.run { world.completed.count == 50 })
        // A batch is closed by the event that reaches the limit: `[10,11,12,13,14,15,16,17` has 24 bytes.
        #expect(world.posts.map(\.count) == [9, 9, 9, 9, 9, 5])
        #expect(world.posts.flatMap { $0 } == Array(10..<60) && world.completed == Array(10..<60))
        let other = try PosterWorld { $0.batchEventsMax = 10 }
        for number in 0..<25 { other.append(number) }
        #expect(other.run { other.completed.count == 25 })
        #expect(other.posts.map(\.count).sorted() == [5, 10, 10])
    }

    @Test func aFullPosterTakesNothing() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.eventsWaitingMax = 3
        }
        world.status = nil
        world.append(0)
        #expect(world.run { world.posts.count == 1 })
        #expect((1...5).map { world.append($0) } == [true, true, true, false, false])
        world.status = 200
        world.answer(200)
        #expect(world.run { world.completed == [0, 1, 2, 3] })
        #expect(world.append(6))
        #expect(world.run { world.completed == [0, 1, 2, 3, 6] })
        let bytes = try PosterWorld { $0.bytesWaitingMax = 5 }
        #expect((10...13).map { bytes.append($0) } == [true, true, false, false])
    }

    /// The same events again, in the same order, and one completion each.
    @Test func failuresAreRepeated() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.backoffMinMilliseconds = 2
            $0.backoffMaxMilliseconds = 8
        }
        world.status = 503
        for number in 1...3 { world.append(number) }
        #expect(world.run { world.posts.count >= 3 })
        #expect(world.completions.isEmpty && world.poster?.failure?.hasSuffix("/post answered with status 503") == true)
        world.append(4)
        world.status = 202
        #expect(world.run { world.completed.count == 4 })
        #expect(world.completed == [1, 2, 3, 4] && world.posts.last == [4])
        #expect(world.posts.dropLast().allSatisfy { $0 == [1, 2, 3] })
        #expect(world.poster?.failure == nil && (world.poster?.failures ?? 0) >= 2 && world.poster?.isIdle == true)
    }

    @Test func aStatusBelow500IsAnAnswer() throws {
        let world = try PosterWorld()
        for (number, status) in [200, 207, 400, 401, 404, 413, 429].enumerated() {
            world.status = status
            world.append(number)
            #expect(world.run { world.completions.count == number + 1 })
            guard case .answered(let response) = world.completions[number].outcome else {
                Issue.record("\(world.completions[number])")
                continue
            }
            #expect(response.status == status)
        }
        #expect(world.posts.count == 7 && world.poster?.failures == 0)
    }

    /// While the destination is away one POST at a time tries it, further apart each time.
    @Test func aRefusedConnectionIsTriedUntilTheEventsTimeIsOver() throws {
        let closed = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
        close(closed.fd)
        let world = try PosterWorld(url: "http://127.0.0.1:\(closed.port)/post") {
            $0.backoffMinMilliseconds = 40
            $0.backoffMaxMilliseconds = 80
        }
        let began = SystemClock.monotonic()
        world.append(1, forMilliseconds: 150)
        #expect(world.run { world.poster?.failure != nil })
        world.append(2, forMilliseconds: 50)
        world.append(3, forMilliseconds: 60_000)
        #expect(world.run { world.completed.count == 2 })
        #expect(world.completed == [2, 1])
        for (numbers, outcome) in world.completions {
            guard case .unavailable(let reason) = outcome else {
                Issue.record("\(numbers): \(outcome)")
                continue
            }
            #expect(reason.hasPrefix("http://127.0.0.1:\(closed.port)/post: "))
        }
        let passed = SystemClock.monotonic().milliseconds(since: began)
        let sent: UInt64 = world.poster?.postsSent ?? 0
        #expect(passed >= 150 && sent >= 2 && sent <= 1 + passed / UInt64(20))
        #expect(world.poster?.isIdle == false)
    }

    @Test func eventsOfOneBatchExpireEachInItsTime() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.backoffMinMilliseconds = 10
            $0.backoffMaxMilliseconds = 20
        }
        world.status = 500
        for number in 1...6 { world.append(number, forMilliseconds: number % 2 == 0 ? 60 : 60_000) }
        #expect(world.run { world.completed == [2, 4, 6] })
        #expect(world.run { world.posts.last == [1, 3, 5] })
        world.status = 200
        #expect(world.run { world.completed == [2, 4, 6, 1, 3, 5] })
        #expect(world.poster?.isIdle == true)
    }

    @Test func whatIsTooLateWhenItWouldBeSentIsNotSent() throws {
        let world = try PosterWorld()
        world.append(1, forMilliseconds: 0)
        #expect(world.run { world.completed == [1] })
        #expect(world.posts.isEmpty && world.poster?.isIdle == true)
    }

    /// Answers, failures and timeouts in a random order: every event completes exactly once, and each POST that was
    /// answered had its events in the order of appending.
    @Test func nothingCompletesTwiceOrNever() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 3
            $0.batchEventsMax = 7
            $0.timeoutMilliseconds = 30
            $0.stallMilliseconds = 6
            $0.moveMilliseconds = 2
            $0.backoffMinMilliseconds = 1
            $0.backoffMaxMilliseconds = 4
        }
        var random = SeededRandom(seed: 7)
        let statuses: [Int?] = [200, 200, 202, 500, 503, 404, nil]
        for number in 0..<400 {
            world.status = statuses[Int.random(in: statuses.indices, using: &random)]
            world.append(number)
            if Int.random(in: 0..<5, using: &random) == 0 { world.server.turning.run(milliseconds: 2) }
        }
        world.status = 200
        #expect(world.run { world.completed.count >= 400 })
        world.server.turning.run(milliseconds: 50)
        #expect(world.completed.sorted() == Array(0..<400))
        #expect(world.posts.allSatisfy { $0 == $0.sorted() } && world.poster?.isIdle == true)
    }

    /// As on a connection that is dead without anybody saying so.
    @Test func aPOSTThatStallsMakesRoomForAnother() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.stallMilliseconds = 40
            $0.moveMilliseconds = 10
        }
        world.status = nil
        world.append(1)
        #expect(world.run { world.posts == [[1]] })
        world.append(2)
        #expect(world.run { world.posts == [[1], [2]] })
        #expect(world.poster?.postsStalled == 1 && world.poster?.postsInFlight == 2)
        // That one is answered, so the first is given up and comes again, on a connection of its own: others that are idle
        // may be as dead.
        world.status = 200
        world.answerLast(200)
        #expect(world.run { world.completed == [2, 1] })
        #expect(world.server.budget.count == 3)
        #expect(world.posts == [[1], [2], [1]] && world.poster?.postsMoved == 1)
        #expect(world.poster?.isIdle == true && world.poster?.postsStalled == 0 && world.poster?.failures == 0)
    }

    /// What only takes its time is answered once, and posted once.
    @Test func aPOSTThatHasStalledMayStillBeAnswered() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 1
            $0.stallMilliseconds = 20
        }
        world.status = nil
        world.append(1)
        #expect(world.run { world.poster?.postsStalled == 1 })
        world.append(2)
        #expect(world.run { world.posts.count == 2 })
        world.answerLast(200)
        world.answer(200)
        #expect(world.run { world.completed.count == 2 })
        world.server.turning.run(milliseconds: 150)
        #expect(world.posts == [[1], [2]] && world.poster?.postsMoved == 0 && world.poster?.isIdle == true)
    }

    /// Nothing is answered at all: there are as many as are allowed, and then one in each while.
    @Test func stalledPOSTsAreBounded() throws {
        let world = try PosterWorld {
            $0.postsInFlightMax = 4
            $0.timeoutMilliseconds = 300
            $0.stallMilliseconds = 30
            $0.batchEventsMax = 1
        }
        world.status = nil
        for number in 0..<200 { world.append(number) }
        var most = 0
        #expect(
            world.run {
                most = max(most, world.poster?.postsInFlight ?? 0)
                return world.poster?.failure != nil
            })
        #expect(most > 4 && most <= 4 + 4 + 300 / 30)
    }
}
