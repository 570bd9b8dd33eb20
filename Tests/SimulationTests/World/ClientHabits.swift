/// How a client behaves; numbers are of a hundred.
struct ClientHabits {
    enum After: CaseIterable { case last, none, old, beyond }

    /// Sessions by name: two clients may want the same one.
    var name: String?
    var principal: [UInt8]?
    var keepsToken = 100
    var after = After.last
    /// How much of what is there is read when the network has its turn.
    var reads = 100
    var acknowledges = 0
    var repeats = 0
    var posts = 0
    var isUnruly = false
    var requestsMax = 4
    var paddingBytesMax = 0

    init() {}

    init(_ dice: Dice, client: Int, of clients: Int, paddingBytesMax: Int) {
        if dice.chance(40) { name = dice.chance(40) ? "shared:\(dice.below(clients / 4 + 1))" : "client-\(client)" }
        if dice.chance(10) { principal = [UInt8(dice.below(2))] }
        keepsToken = dice.one(of: [0, 80, 100, 100])
        after = dice.chance(70) ? .last : dice.one(of: After.allCases)
        reads = dice.one(of: [1, 20, 100, 100])
        acknowledges = dice.one(of: [0, 10, 50])
        repeats = dice.one(of: [0, 5, 30])
        posts = dice.one(of: [0, 0, 10, 60])
        isUnruly = dice.chance(25)
        requestsMax = dice.one(of: [1, 4, 12, 40])
        self.paddingBytesMax = paddingBytesMax
    }
}
