/// What was learnt about an upstream, so that not every query learns it again.
struct UpstreamTraits: Hashable, Sendable {
    /// The upstream answers EDNS queries with an error, and others without.
    private(set) var lacksEDNS = false
    private var foldedInARow = 0

    /// One folded answer may come from a forger who wants us to stop mixing; several in a row had to be guessed each.
    private static let proofOfFolding = 3

    /// Whether the upstream echoes names in another spelling than it was asked in.
    var foldsCase: Bool { self.foldedInARow >= Self.proofOfFolding }

    mutating func recordExactSpelling() {
        if !self.foldsCase { self.foldedInARow = 0 }
    }

    mutating func recordFoldedSpelling() {
        if !self.foldsCase { self.foldedInARow += 1 }
    }

    mutating func recordLackOfEDNS() {
        self.lacksEDNS = true
    }
}
