import DMPTesting

/// What the users of a simulated world do, and what goes wrong meanwhile.
struct Schedule: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case send(from: Int, to: Int, number: Int)
        /// Sends the last text again, if it was said to be kept.
        case sendAgain(from: Int)
        case resume(Int)
        case poll(Int)
        case watch(Int, seconds: Int)
        case refresh(Int, replacing: Bool)
        case publish(Int)
        case rotate(Int)
        case revoke(Int)
        case block(Int, other: Int)
        case unblock(Int, other: Int)
        case crash(Int)
        case jump(Int, seconds: Int)
        case pass(seconds: Int)
        case partition(Int, zone: Int, seconds: Int)
        case silence(zone: Int, seconds: Int)
        /// Somebody who is nobody's contact sends a text.
        case strange(to: Int, number: Int)
        case intrude(Intrusion, against: Int, seed: UInt64)
    }

    struct Act: Hashable, Sendable {
        var action: Action
        /// Which of the user's processes does it.
        var process = 0
        var cut: Cut?
    }

    /// Acts of one step happen at the same time.
    typealias Step = [Act]

    let seed: UInt64
    var userCount: Int
    var zoneCount: Int
    /// How often each fault strikes, in thousandths.
    var faultRate: Int
    var steps: [Step]
}

extension Schedule {
    /// The schedule of a seed.
    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let users = [2, 2, 2, 3, 3, 4][Int.random(in: 0..<6, using: &random)]
        let zones = Int.random(in: 1...min(users, 3), using: &random)
        let rate = [0, 4, 10, 25][Int.random(in: 0..<4, using: &random)]
        self.init(seed: seed, userCount: users, zoneCount: zones, faultRate: rate, steps: [])
        var number = 0
        for _ in 0..<Int.random(in: 5...12, using: &random) {
            var step: Step = []
            for _ in 0..<[1, 1, 2, 3][Int.random(in: 0..<4, using: &random)] {
                let act = self.act(&number, using: &random)
                if Self.mayJoin(act, step) { step.append(act) }
            }
            self.steps.append(step)
        }
        if Bool.random(using: &random) { self.addStrangers(using: &random) }
    }

    /// Adds what strangers and forgers do meanwhile.
    private mutating func addStrangers(using random: inout SeededRandom) {
        for number in 1...Int.random(in: 1...4, using: &random) {
            let victim = Int.random(in: 0..<self.userCount, using: &random)
            let kinds = Intrusion.allCases
            let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
            let action: Action =
                Int.random(in: 0..<3, using: &random) == 0
                ? .strange(to: victim, number: number)
                : .intrude(kind, against: victim, seed: random.next() >> 32)
            self.steps[Int.random(in: 0..<self.steps.count, using: &random)].append(Act(action: action))
        }
    }

    private func act(_ number: inout Int, using random: inout SeededRandom) -> Act {
        let user = Int.random(in: 0..<self.userCount, using: &random)
        let other = (user + Int.random(in: 1..<self.userCount, using: &random)) % self.userCount
        let seconds = [5, 30, 121, 400, 3_000][Int.random(in: 0..<5, using: &random)]
        let action: Action
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30:
            number += 1
            action = .send(from: user, to: other, number: number)
        case 30..<34: action = .sendAgain(from: user)
        case 34..<37: action = .resume(user)
        case 37..<58: action = .poll(user)
        case 58..<65: action = .watch(user, seconds: 12)
        case 65..<73: action = .refresh(user, replacing: Int.random(in: 0..<6, using: &random) == 0)
        case 73..<75: action = .publish(user)
        case 75..<79: action = .rotate(user)
        case 79..<80: action = .revoke(user)
        case 80..<82: action = .block(user, other: other)
        case 82..<83: action = .unblock(user, other: other)
        case 83..<86: action = .crash(user)
        case 86..<89:
            let jumps = [-7_000, -300, 300, 7_000, 90_000, 3_500_000]
            action = .jump(user, seconds: jumps[Int.random(in: 0..<jumps.count, using: &random)])
        case 89..<94: action = .pass(seconds: seconds)
        case 94..<97:
            action = .partition(user, zone: Int.random(in: 0..<self.zoneCount, using: &random), seconds: seconds)
        default: action = .silence(zone: Int.random(in: 0..<self.zoneCount, using: &random), seconds: seconds)
        }
        var act = Act(action: action, process: Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0)
        if Int.random(in: 0..<4, using: &random) == 0 {
            let most = [4, 20, 60, 150][Int.random(in: 0..<4, using: &random)]
            act.cut = Cut(after: Int.random(in: 0..<most, using: &random), isCrash: Bool.random(using: &random))
        }
        return act
    }

    /// The command keeps receiving and rotating apart, and so do schedules; a text isn't sent again while it is sent, and
    /// nobody is blocked and unblocked at the same moment, as either may come last.
    private static func mayJoin(_ act: Act, _ step: Step) -> Bool {
        if let pair = act.action.judgedPair, step.contains(where: { $0.action.judgedPair == pair }) { return false }
        guard let user = act.action.rotatingUser ?? act.action.repeatingUser else {
            return !step.contains { other in
                let user = other.action.rotatingUser ?? other.action.repeatingUser
                return user != nil && user == act.action.user
            }
        }
        return !step.contains { $0.action.user == user }
    }
}

extension Schedule {
    var hasStranger: Bool {
        self.steps.joined().contains { if case .strange = $0.action { true } else { false } }
    }
}

extension Schedule.Action {
    /// Whose act it is; `nil` for what happens to the world.
    var user: Int? {
        switch self {
        case .send(let user, _, _), .sendAgain(let user), .resume(let user), .poll(let user), .watch(let user, _),
            .refresh(let user, _), .publish(let user), .rotate(let user), .revoke(let user), .block(let user, _),
            .unblock(let user, _), .crash(let user), .jump(let user, _):
            user
        case .pass, .partition, .silence, .strange, .intrude: nil
        }
    }

    fileprivate var rotatingUser: Int? {
        switch self {
        case .rotate(let user), .revoke(let user), .crash(let user), .jump(let user, _): user
        default: nil
        }
    }

    /// Who blocks or unblocks whom.
    fileprivate var judgedPair: [Int]? {
        switch self {
        case .block(let user, let other), .unblock(let user, let other): [user, other]
        default: nil
        }
    }

    fileprivate var repeatingUser: Int? { if case .sendAgain(let user) = self { user } else { nil } }
}

extension Schedule: CustomStringConvertible {
    /// A list that a person can read.
    var description: String {
        let head = "seed \(self.seed): \(self.userCount) users, \(self.zoneCount) zones, faults \(self.faultRate)‰"
        let lines = self.steps.enumerated().map { index, step in
            "  \(index + 1). " + step.map(\.text).joined(separator: " | ")
        }
        return ([head] + lines).joined(separator: "\n")
    }
}

extension Schedule.Act {
    fileprivate var text: String {
        var text = "\(self.action)"
        if self.process > 0 { text += " in a second process" }
        if let cut = self.cut { text += " \(cut.isCrash ? "crashes" : "cancelled") after \(cut.after) accesses" }
        return text
    }
}
