import DMPProtocol

/// The own prekeys sorted by what they are good for. A value, so that the rules can be tested as such.
struct PrekeyPool: Hashable, Sendable {
    /// A node has acknowledged them, and no message has used them.
    private(set) var published: [Prekey] = []
    /// Made, and perhaps published: no node has answered. Publishing them again does no harm.
    private(set) var unanswered: [Prekey] = []

    /// Readers refuse prekeys that expire later than this from now, in seconds.
    private static let longestLife: UInt64 = 30 * 86_400

    /// Sorts the prekeys whose private halves are here by what is remembered of them.
    ///
    /// `value` is what the identity publishes for a prekey. What was published as something else is the prekey of another
    /// identity, for example of this one before its keys were renewed.
    init(
        _ entries: [PrekeyStore.Entry],
        facts: PrekeyLedger.Facts,
        now: UnixSeconds,
        value: (Prekey) -> TXTValue
    ) {
        let latest = now.adding(Self.longestLife)
        for entry in entries {
            let prekey = entry.prekey
            guard prekey.expires > now, prekey.expires <= latest, !facts.retired.contains(prekey.id),
                !facts.spent.contains(prekey.id)
            else { continue }
            switch entry.published {
            case nil: self.unanswered.append(prekey)
            case value(prekey): self.published.append(prekey)
            default: continue
            }
        }
    }

    /// Those that expire after `time`.
    func expiring(after time: UnixSeconds) -> PrekeyPool {
        var pool = self
        pool.published.removeAll { $0.expires <= time }
        pool.unanswered.removeAll { $0.expires <= time }
        return pool
    }
}
