/// What a simulated network does to a question or a write.
package enum NetworkFault: String, CaseIterable, Sendable {
    /// It takes up to three seconds each way.
    case delay
    /// The request never arrives.
    case requestLost = "request lost"
    /// The request has its effect, and the answer never arrives.
    case answerLost = "answer lost"
    /// A write arrives twice; the second time after a while, except at names of prekeys.
    case duplicate
    /// A write is acknowledged before it can be read, so that later ones overtake it.
    case reordered
    /// A part of the values is missing in the answer, or the answer breaks off.
    case truncated
    /// A bit of one or of each value is flipped.
    case corrupted
    /// The answer says that nothing is there.
    case lyingNegative = "lying negative"
    /// A cache answers with what it saw up to a minute ago.
    case staleCache = "stale cache"
    /// The user can't reach the node.
    case partition
    /// The answer comes byte by byte, and is complete long after the deadline.
    case slowDrip = "slow drip"
    /// The node answers nobody.
    case silentHost = "silent host"
    /// The node asks for fewer requests, or fails.
    case overloaded
}

/// How often each fault strikes, in thousandths of all questions and writes.
package struct FaultRates: Sendable {
    package var perThousand: [NetworkFault: Int]

    package init(_ perThousand: [NetworkFault: Int] = [:]) { self.perThousand = perThousand }

    /// Everything works.
    package static let none = FaultRates()

    /// Each kind that strikes by chance, the same often. Partitions and silent hosts are asked for, see
    /// ``SimulatedNetwork/partition(_:from:until:)``.
    package static func even(_ rate: Int) -> FaultRates {
        let kinds = NetworkFault.allCases.filter { $0 != .partition && $0 != .silentHost }
        return FaultRates(Dictionary(uniqueKeysWithValues: kinds.map { ($0, rate) }))
    }

    /// The fault that a number below 1,000 stands for.
    func fault(_ number: Int) -> NetworkFault? {
        var rest = number
        for kind in NetworkFault.allCases {
            rest -= self.perThousand[kind] ?? 0
            if rest < 0 { return kind }
        }
        return nil
    }
}
