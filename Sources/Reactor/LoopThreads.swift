import Core

/// Starts event loops, each on a thread of its own.
public enum LoopThreads {
    /// What a loop's owner hands out: its way in, what it wants to know of the others, and itself, to be kept alive.
    public typealias Home<Message: Sendable> = (
        mailbox: Mailbox<Message>, setPeers: ([Mailbox<Message>]) -> Void, owner: AnyObject
    )

    private final class Seed<Message: Sendable>: @unchecked Sendable {
        // Sendable: made on the starting thread, then handed to one loop thread, which alone uses it from then on.
        let loop: EventLoop
        let home: Home<Message>
        init(loop: EventLoop, home: Home<Message>) {
            self.loop = loop
            self.home = home
        }
    }

    /// - Parameter make: sets up what lives on a loop, before the loop runs; on the calling thread.
    public static func start<Message: Sendable>(
        count: Int, name: String, make: (Int, EventLoop) throws(SystemError) -> Home<Message>
    ) throws(SystemError) -> (mailboxes: [Mailbox<Message>], threads: [Thread]) {
        var seeds: [Seed<Message>] = []
        for index in 0..<count {
            let loop = try EventLoop.make()
            seeds.append(Seed(loop: loop, home: try make(index, loop)))
        }
        let mailboxes = seeds.map(\.home.mailbox)
        var threads: [Thread] = []
        for (index, seed) in seeds.enumerated() {
            seed.home.setPeers(mailboxes)
            threads.append(
                try Thread(name: "\(name)-\(index)") {
                    seed.loop.run()
                    seed.loop.end()
                })
        }
        return (mailboxes, threads)
    }
}
