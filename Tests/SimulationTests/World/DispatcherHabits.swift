/// In how many of a hundred cases the dispatcher, or what is behind it, does what it should not.
struct DispatcherHabits {
    var never = 0
    var twice = 0
    var late = 0
    var fails = 0
    var serviceFails = 0
    var pushes = 0
    var delayMillisecondsMax = 100

    init() {}

    init(_ dice: Dice) {
        let unkind = dice.one(of: [0, 5, 25])
        never = dice.below(unkind + 1)
        twice = dice.below(unkind + 1)
        late = dice.below(unkind + 1)
        fails = dice.below(unkind + 1)
        serviceFails = dice.below(unkind + 1)
        pushes = dice.one(of: [0, 10, 60])
        delayMillisecondsMax = dice.one(of: [1, 50, 500])
    }
}
