import DMPNetwork
import DMPProtocol
import DNSTransport
import Logging

/// One pass over the mailbox: find, sort, open, and tidy up the prekeys that were used.
struct ReceivePass: Sendable {
    let walk: MailboxWalk
    let sieve: CandidateSieve
    let receiver: MessageReceiver
    let withdrawals: WithdrawalRunner
    let deadline: ErasedClock.Instant
    let logger: Logger

    /// How many messages are opened at the same time.
    private static let messageWidth = 16

    struct Summary: Sendable {
        var delivered = 0
        var dropped: [DropReason: Int] = [:]
        var failures: [NetworkFailure] = []
        var asked = 0
    }

    /// - Throws: ``MeshError/Code/unavailable`` if no name at all could be read.
    @concurrent
    func run() async throws -> Summary {
        let finds = try await self.walk.run()
        if finds.answered == 0, let failure = finds.failures.first {
            throw MeshError(
                .unavailable,
                "no mailbox name could be read: \(failure); check the resolver and try again",
                underlying: failure
            )
        }
        var summary = Summary(failures: finds.failures, asked: finds.asked)
        if finds.overflow > 0 { summary.dropped[.slotOverflow, default: 0] += finds.overflow }
        var held: Set<Prekey.ID> = []
        let found = await self.sieve.manifests(in: finds.values, dropped: &summary.dropped)
        let unseen = try await self.unseen(found)  // first: what was delivered is no longer judged
        let messages = Self.grouped(self.sieve.candidates(among: unseen, dropped: &summary.dropped))
        let outcomes = try await messages.concurrentMap(width: Self.messageWidth) { finds in
            try await self.receiveFirst(finds)
        }
        for (finds, outcome) in zip(messages, outcomes) {
            switch outcome {
            case .delivered: summary.delivered += 1
            case .known: break
            case .dropped(let reason):
                summary.dropped[reason, default: 0] += 1
                if reason.mayRecover, let prekey = finds.first?.manifest.prekey { held.insert(prekey) }
            }
        }
        try await self.tidyPrekeys(except: held)
        return summary
    }

    private func unseen(_ found: [FoundManifest]) async throws -> [FoundManifest] {
        let seen = try await self.receiver.replay.seen(among: Set(found.map(\.key)))
        return found.filter { !seen.contains($0.key) }
    }

    /// Puts the finds of each message together, in the order of the messages.
    private static func grouped(_ candidates: [Candidate]) -> [[Candidate]] {
        var order: [ReplayCache.Key] = []
        var groups: [ReplayCache.Key: [Candidate]] = [:]
        for candidate in candidates {
            if groups[candidate.key] == nil { order.append(candidate.key) }
            groups[candidate.key, default: []].append(candidate)
        }
        return order.compactMap { groups[$0] }
    }

    /// Tries the places where one message was found, until one of them gives it.
    private func receiveFirst(_ finds: [Candidate]) async throws -> MessageReceiver.Outcome {
        var last = MessageReceiver.Outcome.known
        for find in finds {
            last = try await self.receiver.receive(find)
            guard case .dropped = last else { return last }
        }
        return last
    }

    /// Deletes the private halves whose messages are stored, then withdraws their public halves.
    ///
    /// This comes after all waiting messages were opened: several may be sealed for the same prekey, as senders of the
    /// Python client draw them at random. A prekey that a message with missing chunks still needs is kept.
    private func tidyPrekeys(except held: Set<Prekey.ID>) async throws {
        let spent = try await self.withdrawals.store.spentPrekeys().filter { !held.contains($0) }
        let now = self.receiver.now()
        try await self.receiver.prekeys.remove(spent)
        try await self.withdrawals.store.forgetSpent(spent)
        try await self.receiver.prekeys.removeExpired(now: now)
        try await self.withdrawals.retry(now: now, deadline: self.deadline)
    }
}
