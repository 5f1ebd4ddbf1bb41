import DMPCrypto
import DMPProtocol

/// What strangers may cost: the disk by the size of the queue, the time of a pass by what is fetched for them.
///
/// A message holds less than 25,000 bytes, so that a full queue takes about 10 MB.
struct IntroLimits: Sendable {
    var total = 300
    var perSender = 10
    /// How many messages of strangers one pass fetches, after those of contacts.
    var perPass = 16
    var perSenderAndPass = 4
    /// How long a pass works for strangers.
    var timeout = Duration.seconds(20)
    /// How many of their messages are opened at the same time.
    var width = 4
}

/// How full the queue is.
struct IntroOccupancy: Sendable {
    var total: Int
    var perSender: [Ed25519.PublicKey: Int]

    func hasRoom(for sender: Ed25519.PublicKey, _ limits: IntroLimits) -> Bool {
        self.total < limits.total && self.perSender[sender, default: 0] < limits.perSender
    }
}

/// Chooses which finds of strangers one pass fetches. Plain arithmetic, so that it can be tested as such.
struct IntroPlan {
    let limits: IntroLimits
    private(set) var occupancy: IntroOccupancy
    private var chosen: [Ed25519.PublicKey: Int] = [:]
    private var chosenCount = 0

    init(_ limits: IntroLimits, occupancy: IntroOccupancy) {
        (self.limits, self.occupancy) = (limits, occupancy)
    }

    enum Verdict: Hashable {
        case now
        /// A later pass goes on.
        case later
        /// The queue has no room for this sender.
        case full
    }

    mutating func admit(_ sender: Ed25519.PublicKey) -> Verdict {
        guard self.occupancy.hasRoom(for: sender, self.limits) else { return .full }
        guard self.chosenCount < self.limits.perPass,
            self.chosen[sender, default: 0] < self.limits.perSenderAndPass
        else { return .later }
        self.chosenCount += 1
        self.chosen[sender, default: 0] += 1
        self.occupancy.total += 1
        self.occupancy.perSender[sender, default: 0] += 1
        return .now
    }
}
