import Sessions

/// What a seed makes of a world: how large, how narrow, how unkind.
struct Scenario {
    var clients: Int
    var steps: Int
    var limits = SessionLimits()
    var waitingMax: Int
    var deadlineMilliseconds: Int
    /// Events that wait for the dispatcher.
    var dispatcherEventsMax: Int
    var paddingBytesMax: Int
    /// What the kernel takes of a connection's output.
    var socketBytesMax: Int
    var dispatcher = DispatcherHabits()
    /// Connections break in so many of a thousand steps.
    var cutsPerMille: Int
    var scanMilliseconds = 50

    init(_ dice: Dice, number: UInt64) {
        let isLarge = number % 500 == 499
        clients = isLarge ? dice.between(1000...3000) : dice.between(1...(dice.chance(50) ? 4 : 30))
        steps = isLarge ? clients * 8 : dice.between(100...(400 + clients * 60))
        waitingMax = dice.chance(50) ? dice.between(1...6) : 1024
        deadlineMilliseconds = dice.one(of: [100, 1000, 5000, 30_000])
        dispatcherEventsMax = dice.chance(20) ? dice.between(1...6) : 100_000
        paddingBytesMax = dice.one(of: [0, 50, 200, 1000])
        socketBytesMax = dice.one(of: [40, 300, 2000, 20_000])
        cutsPerMille = dice.one(of: [0, 5, 20, 60])
        dispatcher = DispatcherHabits(dice)
        if dice.chance(90) { narrow(dice, isLarge) }
    }

    private mutating func narrow(_ dice: Dice, _ isLarge: Bool) {
        limits.lingerMilliseconds = UInt64(dice.one(of: [500, 5000, 120_000, 120_000]))
        if dice.chance(50) { limits.replayEventsMax = dice.between(1...30) }
        if dice.chance(50) { limits.replayBytesMax = dice.between(300...8000) }
        limits.replayMilliseconds = UInt64(dice.one(of: [200, 2000, 20_000, 120_000]))
        if dice.chance(30) { limits.replayTotalBytesMax = dice.between(500...20_000) }
        if dice.chance(8), !isLarge { limits.sessionsMax = dice.between(1...clients + 2) }
        if dice.chance(15) { limits.requestsMax = dice.between(1...clients * 3) }
        if dice.chance(70) {
            limits.outputWindowBytes = dice.between(200...2000)
            limits.outputSoftBytesMax = limits.outputWindowBytes + dice.between(500...4000)
            limits.outputHardBytesMax = limits.outputSoftBytesMax + dice.between(1000...20_000)
            limits.outputSoftMilliseconds = UInt64(dice.one(of: [100, 1000, 10_000]))
        }
    }
}
