import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Logging

/// One pass over the mailbox: many zones at the same time, so that none waits for another; then the prekeys that were
/// used are tidied up.
struct ReceivePass: Sendable {
    let walk: MailboxWalk
    let zones: [ZoneName]
    let sieve: CandidateSieve
    let receiver: MessageReceiver
    let scan: SignerScan
    let withdrawals: WithdrawalRunner
    let ledger: PrekeyLedger
    let places: PublishingPlaces

    struct Summary: Sendable {
        var delivered = 0
        var quarantined = 0
        /// What strangers wrote; it is looked at when all else is done.
        var strangers: [Candidate] = []
        /// The zones in which pinned keys have left messages.
        var sightings: [Ed25519.PublicKey: Set<ZoneName>] = [:]
        var dropped: [DropReason: Int] = [:]
        var failures: [NetworkFailure] = []
        var asked = 0
        /// Prekeys that messages still need which could not be opened yet.
        var heldPrekeys: Set<Prekey.ID> = []
        /// Finds of messages that were being opened from another place.
        var elsewhere: [Candidate] = []
        /// Contacts that were seen to use a new key.
        var renewals: Set<ContactRenewal.Proposal> = []
        /// Contacts that were pinned to it.
        var keyChanges: [KeyChange] = []
        /// Whether nothing was left out that may be sealed for a prekey that is spent.
        var isSettled: Bool { self.failures.isEmpty && self.dropped[.slotOverflow] == nil && self.elsewhere.isEmpty }

        mutating func add(_ other: Summary) {
            self.delivered += other.delivered
            self.quarantined += other.quarantined
            self.strangers += other.strangers
            self.sightings.merge(other.sightings) { $0.union($1) }
            self.dropped.merge(other.dropped, uniquingKeysWith: +)
            self.failures += other.failures
            self.asked += other.asked
            self.heldPrekeys.formUnion(other.heldPrekeys)
            self.elsewhere += other.elsewhere
            self.renewals.formUnion(other.renewals)
            self.keyChanges += other.keyChanges
        }

        mutating func note(_ outcome: MessageReceiver.Outcome, of candidate: Candidate) {
            switch outcome {
            case .delivered:
                self.delivered += 1
                if candidate.contact != nil {
                    self.sightings[candidate.manifest.sender, default: []].insert(candidate.zone)
                }
            case .quarantined: self.quarantined += 1
            case .known: break
            case .inFlight: self.elsewhere.append(candidate)
            case .dropped(let reason):
                self.dropped[reason, default: 0] += 1
                if reason.mayRecover, let prekey = candidate.manifest.prekey { self.heldPrekeys.insert(prekey) }
            }
        }
    }

    /// Looks through this mailbox, and through those of the keys that the own ones have replaced.
    ///
    /// - Throws: ``MeshError/Code/unavailable`` if no name at all could be read.
    @concurrent
    func run(with former: [ReceivePass] = []) async throws -> Summary {
        try await self.promoteIntros()
        let parts = try await ([self] + former).concurrentMap(width: 1 + former.count) { try await $0.collect() }
        var summary = Summary()
        for part in parts { summary.add(part) }
        if summary.failures.count == summary.asked, let failure = summary.failures.first {
            throw MeshError(
                .unavailable,
                "no mailbox name could be read: \(failure); check the resolver and try again",
                underlying: failure
            )
        }
        try await self.places.note(.messages, summary.sightings, now: self.receiver.now())
        try await self.renewContacts(&summary)
        try await self.tidyPrekeys(summary)
        return summary
    }

    /// How many zones are looked through at the same time.
    private static let zoneWidth = 64

    private func collect() async throws -> Summary {
        let parts = try await self.zones.concurrentMap(width: Self.zoneWidth) { try await self.receive(from: $0) }
        var summary = Summary()
        for part in parts { summary.add(part) }
        return try await self.quarantine(try await self.retryElsewhere(summary))
    }

    private func check(_ signers: Set<Ed25519.PublicKey>, in zone: ZoneName) async throws -> SignerChecks {
        try await self.scan.run(
            signers,
            in: zone,
            deadline: self.receiver.deadline(in: self.receiver.limits.keyTimeout)
        )
    }

    /// Leaves strangers for a later pass, as they may be contacts with a new key; but not those whose time runs out.
    private func postpone(_ summary: inout Summary) {
        let strangers = summary.strangers
        let soon = self.receiver.now().adding(Self.patience)
        summary.strangers = strangers.filter { $0.manifest.expires <= soon }
        for candidate in strangers where candidate.manifest.expires > soon {
            summary.note(.dropped(.unknownSender), of: candidate)
        }
    }

    /// How long before its end a stranger's message is opened in any case, in seconds.
    private static let patience: UInt64 = 3_600

    /// Delivers what waits of senders who are contacts by now, or turn out to be contacts with a new key, unless their
    /// keys were revoked.
    private func promoteIntros() async throws {
        let intros = self.receiver.intros
        var gate = self.sieve.gate
        let senders = try await intros.senders()
        guard !senders.isEmpty else { return }
        gate.checks = try await self.scan.run(
            senders,
            in: gate.ownZone,
            freshness: RotationFollower.freshness,
            deadline: self.receiver.deadline(in: self.receiver.limits.keyTimeout)
        )
        try await intros.promote(by: gate, authors: self.receiver.authors)
    }

    private func receive(from zone: ZoneName) async throws -> Summary {
        let slotDeadline = self.receiver.clock.now.advanced(by: self.receiver.limits.slotTimeout)
        let finds = try await self.walk.run(in: zone, deadline: min(self.receiver.deadline, slotDeadline))
        var summary = Summary(failures: finds.failures, asked: finds.asked)
        if finds.overflow > 0 { summary.dropped[.slotOverflow] = finds.overflow }
        let found = await self.sieve.manifests(in: finds.values, zone: zone, dropped: &summary.dropped)
        let seen = try await self.receiver.replay.seen(among: Set(found.map(\.key)))
        let unseen = found.filter { !seen.contains($0.key) }  // first: what was delivered is no longer judged
        let early = self.early(among: unseen)
        let patience = SignerPatience(incompleteLimit: self.receiver.limits.incompletePerSigner)
        let confirmed = Promise<Set<ReplayCache.Key>>()
        async let opened = self.open(early, patience: patience) { candidate in
            // Whatever the reason is: the message is judged below, and goes on there if another verdict lets it.
            try await confirmed.value().contains(candidate.key) ? nil : .abandonedKey
        }
        let checks = try await self.check(Set(unseen.map(\.manifest.sender)), in: zone)
        summary.renewals = Set(checks.successors)
        var sieve = self.sieve
        sieve.gate.checks = checks
        let judged = sieve.candidates(among: unseen, dropped: &summary.dropped)
        summary.strangers = judged.filter { $0.trust == nil }
        if checks.isIncomplete { self.postpone(&summary) }
        let same = Set(early.map(Acceptance.init)).intersection(judged.map(Acceptance.init))
        confirmed.keep(Set(same.map(\.key)))
        for (candidate, outcome) in try await opened where same.contains(Acceptance(candidate)) {
            summary.note(outcome, of: candidate)
        }
        let others = judged.filter { $0.trust != nil && !same.contains(Acceptance($0)) }
        for (candidate, outcome) in try await self.open(others, patience: patience, refusal: { _ in nil }) {
            summary.note(outcome, of: candidate)
        }
        return summary
    }

    /// Under what a message is accepted: guessed from the contacts alone, and known once its signer was looked up.
    private struct Acceptance: Hashable {
        let key: ReplayCache.Key
        let contact: Contact?
        let trust: TrustReason?

        init(_ candidate: Candidate) {
            self.key = candidate.key
            self.contact = candidate.contact
            self.trust = candidate.trust
        }
    }

    /// The messages whose chunks are fetched while it is found out whether their signers' keys still count: what contacts
    /// have signed whose encryption key is known.
    private func early(among found: [FoundManifest]) -> [Candidate] {
        var refused: [DropReason: Int] = [:]  // counted when all are judged
        return self.sieve.candidates(among: found, dropped: &refused).filter { !$0.isUnsure }
    }

    /// Opens messages, some at the same time, and not too many of a signer whose chunks are missing.
    ///
    /// - Parameters:
    ///   - candidates: The messages.
    ///   - patience: How many of a signer may fail.
    ///   - refusal: Why a message must not be opened after all; may take its time.
    /// - Returns: What became of each.
    /// - Throws: `CancellationError`, and nothing else.
    private func open(
        _ candidates: [Candidate],
        patience: SignerPatience,
        refusal: @escaping @Sendable (Candidate) async throws -> DropReason?
    ) async throws -> [(Candidate, MessageReceiver.Outcome)] {
        try await candidates.concurrentMap(width: self.receiver.limits.messageWidth) { candidate in
            guard await patience.allows(candidate.manifest.sender) else {
                return (candidate, try await refusal(candidate).map { .dropped($0) } ?? .dropped(.chunksMissing))
            }
            let outcome = try await self.receiver.receive(candidate) { try await refusal(candidate) }
            if case .dropped(.chunksMissing) = outcome { await patience.noteIncomplete(candidate.manifest.sender) }
            return (candidate, outcome)
        }
    }

    /// The same message may lie in two zones. If the place that was tried first failed, the other one is tried.
    private func retryElsewhere(_ summary: Summary) async throws -> Summary {
        var result = summary
        result.elsewhere = []
        for candidate in summary.elsewhere {
            result.note(try await self.receiver.receive(candidate), of: candidate)
        }
        return result
    }

    /// Pins the new keys of contacts. Only now: the old ones counted for as long as this pass took.
    private func renewContacts(_ summary: inout Summary) async throws {
        for proposal in summary.renewals {
            guard let change = try await self.scan.renewal.commit(proposal) else { continue }
            summary.keyChanges.append(change)
        }
    }

    /// Opens what strangers wrote, after all else and within limits, so that they can neither delay others nor fill the
    /// disk.
    private func quarantine(_ summary: Summary) async throws -> Summary {
        guard !summary.strangers.isEmpty else { return summary }
        let intros = self.receiver.intros
        var result = summary
        result.strangers = []
        var plan = IntroPlan(intros.limits, occupancy: try await intros.occupancy())
        var planned: Set<ReplayCache.Key> = []
        var chosen: [Candidate] = []
        // The own zone first: what lies there can't be somebody else's replay of it.
        let ownZone = self.sieve.gate.ownZone
        let ordered = summary.strangers.filter { $0.zone == ownZone } + summary.strangers.filter { $0.zone != ownZone }
        for candidate in ordered where planned.insert(candidate.key).inserted {
            switch plan.admit(candidate.manifest.sender) {
            case .now: chosen.append(candidate)
            case .later: result.note(.dropped(.unknownSender), of: candidate)
            case .full: result.note(.dropped(.introQueueFull), of: candidate)
            }
        }
        var receiver = self.receiver
        receiver.deadline = min(receiver.deadline, receiver.clock.now.advanced(by: intros.limits.timeout))
        let opener = receiver
        let outcomes = try await chosen.concurrentMap(width: intros.limits.width) { try await opener.receive($0) }
        for (candidate, outcome) in zip(chosen, outcomes) { result.note(outcome, of: candidate) }
        return result
    }

    /// Deletes the private halves whose messages are stored, and withdraws their public halves.
    ///
    /// Several messages may be sealed for the same prekey, as senders of the Python client draw them at random. So a
    /// private half goes only after a pass that saw every slot and opened all that waited.
    private func tidyPrekeys(_ summary: Summary) async throws {
        let now = self.receiver.now()
        let spent = try await self.withdrawals.store.spentPrekeys(settled: summary.isSettled, now: now)
            .filter { !summary.heldPrekeys.contains($0) }
        try await self.receiver.prekeys.remove(spent)
        try await self.withdrawals.store.forgetSpent(spent)
        try await self.receiver.prekeys.removeExpired(now: try await self.ledger.prune(now: now))
        let deadline = self.receiver.clock.now.advanced(by: self.receiver.limits.withdrawalTimeout)
        try await self.withdrawals.retry(now: now, deadline: min(self.receiver.deadline, deadline))
    }
}

/// How many incomplete messages of each signer a pass puts up with, so that none can take all the time there is.
private actor SignerPatience {
    private let incompleteLimit: Int
    private var incomplete: [Ed25519.PublicKey: Int] = [:]

    init(incompleteLimit: Int) { self.incompleteLimit = incompleteLimit }

    func allows(_ signer: Ed25519.PublicKey) -> Bool { self.incomplete[signer, default: 0] < self.incompleteLimit }

    func noteIncomplete(_ signer: Ed25519.PublicKey) { self.incomplete[signer, default: 0] += 1 }
}
