import DMPNetwork
import DMPProtocol
import DNSTransport

/// Deletes published values, and keeps trying those that could not be deleted.
struct WithdrawalRunner: Sendable {
    let store: WithdrawalStore
    let writer: (any RecordWriter)?
    let width: Int

    /// Notes the values durably, then tries to delete them.
    func withdraw(_ withdrawals: [Withdrawal], deadline: ErasedClock.Instant) async throws {
        try await self.store.add(withdrawals)
        try await self.attempt(withdrawals, deadline: deadline)
    }

    /// Tries all that are waiting.
    func retry(now: UnixSeconds, deadline: ErasedClock.Instant) async throws {
        try await self.attempt(try await self.store.pending(now: now), deadline: deadline)
    }

    /// What isn't deleted stays on the list until it has expired: a credential may be missing today only.
    private func attempt(_ withdrawals: [Withdrawal], deadline: ErasedClock.Instant) async throws {
        guard let writer = self.writer, !withdrawals.isEmpty else { return }
        _ = try await withdrawals.concurrentMap(width: self.width) { withdrawal in
            let result = try await writer.delete(withdrawal.value, at: withdrawal.owner, deadline: deadline)
            if result == .accepted { try await self.store.remove(withdrawal) }
        }
    }
}
