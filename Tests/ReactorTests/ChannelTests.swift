import CLinux
import Core
import Glibc
import Reactor
import TestSupport
import Testing

/// Channels over socket pairs of the kernel, and over loopback where TCP matters.
@Suite struct ChannelTests {
    private final class World: ChannelOwner {
        let turning: TestLoop
        let peer: RawSocket
        let handler = RecordingHandler()
        let channel: Channel
        var endings = 0

        init(bufferBytes: CInt? = nil) throws {
            turning = try TestLoop()
            let pair = try SocketPair(bufferBytes: bufferBytes)
            peer = pair.peer
            channel = try Channel.make(loop: turning.loop, fd: pair.near, tls: nil, handler: handler)
            super.init()
            channel.owner = self
        }

        /// Over TCP.
        init(accepting: Void) throws {
            turning = try TestLoop()
            let socket = try Listener.bind(host: "127.0.0.1", port: 0, reusePort: false)
            peer = try RawSocket(port: socket.port)
            let fd = clinux_accept(socket.fd)
            Glibc.close(socket.fd)
            channel = try Channel.make(loop: turning.loop, fd: fd, tls: nil, handler: handler)
            super.init()
            channel.owner = self
        }

        override func channelEnded() { endings += 1 }

        func write(_ bytes: [UInt8]) { channel.write { $0 += bytes } }
        func write(_ text: String) { write(Array(text.utf8)) }
    }

    /// The difference of two megabytes, which an expectation would look for, takes hours.
    private func isSame(_ received: [UInt8], _ sent: [UInt8]) -> Bool { received == sent }

    private static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3 ^ $0) } }

    // MARK: Output

    @Test func whatTheKernelDoesNotTakeFollowsWhenThePeerReads() throws {
        let world = try World(bufferBytes: 8192)
        let sent = Self.pattern(3_000_000)
        world.write(sent)
        #expect(world.turning.run { world.channel.outputBytes < sent.count })
        world.turning.run(milliseconds: 20)
        let stuck = world.channel.outputBytes
        #expect(stuck > 2_000_000 && world.handler.drains == 0)
        world.write([1, 2, 3])
        #expect(world.turning.run { world.peer.poll().count == sent.count + 3 })
        #expect(isSame(world.peer.received, sent + [1, 2, 3]))
        #expect(world.turning.run { world.handler.drains == 1 } && world.channel.outputBytes == 0)
        // With nothing left to send the loop is not told any more that the socket has room.
        world.write("x")
        #expect(world.turning.run { world.handler.drains == 2 })
        world.turning.run(milliseconds: 20)
        #expect(world.handler.drains == 2 && world.channel.isOpen)
        world.channel.close()
    }

    @Test func closingLosesWhatWaitsAndIsToldOnce() throws {
        let world = try World()
        world.write("never sent")
        world.channel.close()
        world.channel.close()
        world.write("nor this")
        world.channel.closeAfterFlush()
        world.turning.run(milliseconds: 20)
        #expect(world.handler.reasons == [.local] && world.endings == 1)
        #expect(world.channel.isClosed && world.channel.outputBytes == 0)
        #expect(world.peer.readToEnd() && world.peer.received.isEmpty)
    }

    @Test func closeAfterFlushSendsAllThenWaitsForThePeersEnd() throws {
        let world = try World(accepting: ())
        let sent = Self.pattern(2_000_000)
        world.write(sent)
        world.channel.closeAfterFlush()
        world.write("ignored")
        #expect(!world.channel.isOpen && !world.channel.isClosed)
        #expect(world.turning.run { world.peer.poll().count == sent.count && world.peer.hasEnded })
        #expect(isSame(world.peer.received, sent))
        // What the peer still sends is thrown away and resets nothing.
        world.peer.send("late")
        world.turning.run(milliseconds: 40)
        #expect(!world.channel.isClosed && world.handler.received.isEmpty)
        world.peer.endOutput()
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.endOfStream] && world.endings == 1)
    }

    @Test func aPeerThatNeverEndsIsNotWaitedForForEver() throws {
        let world = try World()
        world.channel.closeAfterFlush()
        let began = world.turning.loop.now
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.local])
        #expect(world.turning.loop.now.milliseconds(since: began) >= 1000)
    }

    @Test func closeAfterFlushAfterThePeersEndClosesWithTheLastByte() throws {
        let world = try World()
        world.handler.staysForOutput = true
        world.peer.send("question")
        world.peer.endOutput()
        #expect(world.turning.run { world.handler.inputEnds == 1 })
        #expect(world.handler.text == "question" && world.channel.isOpen)
        world.turning.run(milliseconds: 20)
        #expect(world.handler.inputEnds == 1)
        world.write("answer")
        world.channel.closeAfterFlush()
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.peer.readToEnd() && world.peer.text == "answer")
        #expect(world.handler.reasons == [.local])
    }

    @Test func theEndOfInputClosesUnlessTheHandlerStays() throws {
        let world = try World()
        world.peer.endOutput()
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.endOfStream] && world.handler.inputEnds == 1)
    }

    @Test func aResetIsAFailure() throws {
        let world = try World(accepting: ())
        world.peer.resetOnClose()
        world.peer.close()
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.failed(SystemError(operation: "recv", code: ECONNRESET))])
        #expect(world.endings == 1)
    }

    @Test func writingToAPeerThatIsGoneIsAFailure() throws {
        let world = try World()
        world.handler.staysForOutput = true
        world.peer.endOutput()
        #expect(world.turning.run { world.handler.inputEnds == 1 })
        world.peer.close()
        world.write("x")
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons.count == 1 && world.handler.reasons != [.local])
    }

    /// By TCP's rules the reset is not told to who reads after the end: only epoll tells it, again and again.
    @Test func aPeerThatIsGoneAfterItsEndIsNotWaitedFor() throws {
        let world = try World(accepting: ())
        world.handler.staysForOutput = true
        world.peer.endOutput()
        #expect(world.turning.run { world.handler.inputEnds == 1 })
        #expect(world.channel.isOpen)
        world.peer.resetOnClose()
        world.peer.close()
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.endOfStream] && world.handler.inputEnds == 1)
    }

    // MARK: Input

    @Test func whatIsNotConsumedComesAgainWithMoreBehindIt() throws {
        let world = try World()
        world.handler.consume = { $0.count < 6 ? 0 : 4 }
        world.peer.send("abc")
        #expect(world.turning.run { world.handler.offers == [3] })
        world.peer.send("de")
        #expect(world.turning.run { world.handler.offers == [3, 5] })
        world.peer.send("fg")
        #expect(world.turning.run { world.handler.offers == [3, 5, 7] })
        #expect(world.handler.text == "abcd")
        world.handler.consume = { $0.count }
        world.peer.send("h")
        #expect(world.turning.run { world.handler.text == "abcdefgh" })
        #expect(world.handler.offers == [3, 5, 7, 4])
        world.channel.close()
    }

    @Test func processAgainOffersWhatWasKept() throws {
        let world = try World()
        world.handler.consume = { _ in 0 }
        world.peer.send("abc")
        #expect(world.turning.run { world.handler.offers == [3] })
        world.channel.processAgain()
        #expect(world.turning.run { world.handler.offers == [3, 3] })
        world.handler.consume = { $0.count }
        world.channel.processAgain()
        #expect(world.turning.run { world.handler.text == "abc" })
        // With nothing kept there is nothing to offer.
        world.channel.processAgain()
        world.turning.run(milliseconds: 20)
        #expect(world.handler.offers == [3, 3, 3])
        world.channel.processAgain()
        world.channel.close()
        world.turning.run(milliseconds: 20)
        #expect(world.handler.offers.count == 3)
    }

    @Test func keptInputIsOfferedBeforeTheEndOfInput() throws {
        let world = try World()
        world.handler.consume = { _ in 2 }
        world.handler.onReceived = { $0.pauseReading() }
        world.peer.send("abcd")
        world.peer.endOutput()
        #expect(world.turning.run { world.handler.text == "ab" })
        world.channel.resumeReading()
        world.channel.processAgain()
        world.channel.processAgain()
        #expect(world.turning.run { world.handler.text == "abcd" })
        #expect(world.handler.offers == [4, 2] && world.handler.inputEnds == 0)
        world.channel.resumeReading()
        #expect(world.turning.run { world.handler.reasons == [.endOfStream] })
    }

    @Test func keptInputHasABound() throws {
        let world = try World()
        world.handler.consume = { _ in 0 }
        let limit = world.turning.loop.receiveBuffer.count
        for number in 1...limit / 32_768 {
            world.peer.send(Self.pattern(32_768))
            #expect(world.turning.run { world.handler.offers.last == number * 32_768 })
        }
        #expect(world.channel.isOpen)
        world.peer.send("one more")
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.reasons == [.failed(SystemError(operation: "receive", code: ENOBUFS))])
        #expect(world.handler.offers.last == limit)
    }

    @Test func pausingLeavesBytesWithTheKernel() throws {
        let world = try World()
        world.channel.pauseReading()
        world.channel.pauseReading()
        world.peer.send("abc")
        world.turning.run(milliseconds: 40)
        #expect(world.handler.offers.isEmpty)
        world.channel.resumeReading()
        world.channel.resumeReading()
        #expect(world.turning.run { world.handler.text == "abc" })
        world.channel.close()
        world.channel.pauseReading()
        world.channel.resumeReading()
    }

    @Test func aHandlerPausesFromWithinAndLosesNothing() throws {
        let world = try World()
        world.handler.consume = { min($0.count, 1) }
        world.handler.onReceived = { $0.pauseReading() }
        world.peer.send("abc")
        #expect(world.turning.run { world.handler.text == "a" })
        world.peer.send("de")
        world.turning.run(milliseconds: 20)
        #expect(world.handler.offers == [3])
        world.handler.consume = { $0.count }
        world.handler.onReceived = { _ in }
        world.channel.processAgain()
        #expect(world.turning.run { world.handler.text == "abc" })
        world.channel.resumeReading()
        #expect(world.turning.run { world.handler.text == "abcde" })
        world.channel.close()
    }

    /// A paused channel hears of the peer's end only when it reads on, but of its death at once.
    @Test func aPausedChannelEndsWhenThePeerDies() throws {
        let world = try World()
        world.channel.pauseReading()
        world.peer.close()
        #expect(world.turning.run { world.channel.isClosed })
    }

    @Test func aHandlerMayCloseFromWithin() throws {
        let world = try World()
        world.handler.onReceived = { $0.close() }
        world.handler.consume = { _ in 0 }
        world.peer.send("abc")
        #expect(world.turning.run { world.channel.isClosed })
        #expect(world.handler.offers == [3] && world.handler.reasons == [.local])
    }

    @Test func theNextHandlerGetsWhatTheFirstLeft() throws {
        let world = try World()
        let next = RecordingHandler()
        world.handler.consume = { _ in 2 }
        world.handler.onReceived = {
            $0.handler = next
            $0.processAgain()
        }
        world.peer.send("abcd")
        #expect(world.turning.run { next.text == "cd" })
        #expect(world.handler.offers == [4])
        world.channel.close()
        #expect(next.reasons == [.local] && world.handler.reasons.isEmpty && world.endings == 1)
    }
}
