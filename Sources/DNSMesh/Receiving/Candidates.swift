import DMPCrypto
import DMPNetwork
import DMPProtocol

/// One message that may be fetched: its verified manifest, and where and from whom it was found.
struct Candidate: Sendable {
    let manifest: SlotManifest
    let zone: ZoneName
    /// The contact whose pinned key signed it; `nil` on first use, and of strangers.
    let contact: Contact?
    /// Why it will be delivered; `nil` for a stranger's, which goes to the queue of intros.
    let trust: TrustReason?

    var key: ReplayCache.Key { ReplayCache.Key(sender: self.manifest.sender, message: self.manifest.messageID) }
    /// Whether nothing tells if the signer has written the message: its encryption key isn't known.
    var isUnsure: Bool { self.contact?.encryptionKey == nil }
}

/// A manifest that verifies and is for us, and the zone in which it was found.
struct FoundManifest: Sendable {
    let manifest: SlotManifest
    let zone: ZoneName

    var key: ReplayCache.Key { ReplayCache.Key(sender: self.manifest.sender, message: self.manifest.messageID) }

    func candidate(_ contact: Contact?, trust: TrustReason?) -> Candidate {
        Candidate(manifest: self.manifest, zone: self.zone, contact: contact, trust: trust)
    }
}

/// Sorts what the mailbox holds into messages to fetch and reasons to drop.
struct CandidateSieve: Sendable {
    let recipient: UserID
    var gate: TrustGate
    let now: UnixSeconds
    let width: Int

    /// How many values are checked in one task.
    private static let batchCount = 64

    /// Keeps the manifests that verify, signatures checked in parallel.
    func manifests(
        in values: [TXTValue],
        zone: ZoneName,
        dropped: inout [DropReason: Int]
    ) async -> [FoundManifest] {
        let batches = stride(from: 0, to: values.count, by: Self.batchCount).map {
            Array(values[$0..<min($0 + Self.batchCount, values.count)])
        }
        let verdicts = await batches.concurrentMap(width: self.width) { batch in
            batch.map { self.check($0, in: zone) }
        }
        return Self.sorted(verdicts.joined(), dropped: &dropped)
    }

    /// Keeps the messages of accepted senders, in the order in which they are to be opened.
    func candidates(among found: [FoundManifest], dropped: inout [DropReason: Int]) -> [Candidate] {
        let verdicts = found.map { find -> Result<Candidate, Drop> in
            switch self.gate.judge(find.manifest.sender, in: find.zone, issued: find.manifest.issued) {
            case .pinned(let contact):
                .success(find.candidate(contact, trust: self.gate.trust(in: contact)))
            case .rotated(let contact): .success(find.candidate(contact, trust: .rotatedKey))
            case .firstUse: .success(find.candidate(nil, trust: .firstUse))
            case .stranger: .success(find.candidate(nil, trust: nil))
            case .refused(let reason): .failure(Drop(reason: reason))
            }
        }
        return Self.fairOrder(Self.sorted(verdicts, dropped: &dropped))
    }

    /// Takes one message of each signer in turn, in random order within each, and those whose author can't be checked
    /// last: no signer can make the others wait.
    private static func fairOrder(_ candidates: [Candidate]) -> [Candidate] {
        let groups = Dictionary(grouping: candidates.shuffled(), by: \.manifest.sender)
        let turns = groups.values.flatMap { group in group.enumerated().map { (turn: $0.offset, candidate: $0.element) }
        }
        return turns.sorted { left, right in
            let (leftIsUnsure, rightIsUnsure) = (left.candidate.isUnsure, right.candidate.isUnsure)
            return leftIsUnsure == rightIsUnsure ? left.turn < right.turn : rightIsUnsure
        }.map(\.candidate)
    }

    private struct Drop: Error { let reason: DropReason }

    private static func sorted<Find>(
        _ verdicts: some Sequence<Result<Find, Drop>>,
        dropped: inout [DropReason: Int]
    ) -> [Find] {
        var kept: [Find] = []
        for verdict in verdicts {
            switch verdict {
            case .success(let find): kept.append(find)
            case .failure(let drop): dropped[drop.reason, default: 0] += 1
            }
        }
        return kept
    }

    private func check(_ value: TXTValue, in zone: ZoneName) -> Result<FoundManifest, Drop> {
        guard let manifest = try? Signed<SlotManifest>(parsing: value, now: self.now).body else {
            return .failure(Drop(reason: .notAManifest))
        }
        guard manifest.recipient == self.recipient else { return .failure(Drop(reason: .notForUs)) }
        guard !manifest.isExpired(at: self.now) else { return .failure(Drop(reason: .expired)) }
        do {
            try manifest.checkReceivable()
        } catch {
            return .failure(Drop(reason: .unusableManifest))
        }
        return .success(FoundManifest(manifest: manifest, zone: zone))
    }
}
