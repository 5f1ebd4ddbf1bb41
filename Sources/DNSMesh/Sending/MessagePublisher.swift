import DMPNetwork
import DMPProtocol
import DNSTransport

/// Puts the records of a message on the network: all chunks first, then the manifest.
struct MessagePublisher: Sendable {
    let writer: (any RecordWriter)?
    let withdrawals: WithdrawalRunner
    let width: Int

    /// - Throws: ``MeshError`` with ``MeshError/Code/unavailable`` if a record may be tried again, with
    ///   ``MeshError/Code/refused`` if not; ``LifetimeRefusal`` if a shorter lifetime would do.
    func publish(_ entry: OutboxEntry, now: UnixSeconds, deadline: ErasedClock.Instant) async throws {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        let ttl = UInt32(clamping: max(1, now.seconds(until: UnixSeconds(rawValue: entry.expires))))
        _ = try await entry.chunks.concurrentMap(width: self.width) { chunk in
            let result = try await writer.publish(
                TXTValue([UInt8](chunk.value)),
                at: OwnerName(chunk.owner),
                ttl: ttl,
                deadline: deadline
            )
            try Self.check(result, of: chunk.owner)
        }
        let result = try await writer.publish(
            TXTValue([UInt8](entry.manifest.value)),
            at: OwnerName(entry.manifest.owner),
            ttl: ttl,
            deadline: deadline
        )
        try Self.check(result, of: entry.manifest.owner)
    }

    /// Deletes the chunks of a message that will not be completed, now if the node answers and else later.
    func withdrawChunks(of entry: OutboxEntry, deadline: ErasedClock.Instant) async throws {
        let expires = UnixSeconds(rawValue: entry.expires)
        let withdrawals = try entry.chunks.map { chunk in
            Withdrawal(owner: try OwnerName(chunk.owner), value: TXTValue([UInt8](chunk.value)), expires: expires)
        }
        try await self.withdrawals.withdraw(withdrawals, deadline: deadline)
    }

    private static func check(_ result: WriteResult, of owner: String) throws {
        switch result {
        case .accepted: return
        case .refused(let failure):
            if let refusal = LifetimeRefusal(failure) { throw refusal }
            throw MeshError(.refused, "publish to \(owner) failed: \(failure)", underlying: failure)
        case .unavailable(let failure):
            throw MeshError(
                .unavailable,
                "publish to \(owner) failed: \(failure); nothing is lost, send the same message again to go on",
                underlying: failure
            )
        }
    }
}

/// A node's answer that records may live for so many seconds at most.
struct LifetimeRefusal: Error {
    let limit: UInt64
    let failure: NetworkFailure

    init?(_ failure: NetworkFailure) {
        guard failure.code == .lifetimeTooLong, let limit = failure.limit.flatMap(UInt64.init(exactly:)), limit > 0
        else {
            return nil
        }
        self.limit = limit
        self.failure = failure
    }

    var asMeshError: MeshError {
        MeshError(
            .refused,
            "the node keeps records for at most \(self.limit) s: \(self.failure)",
            underlying: self.failure
        )
    }
}

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

    private func attempt(_ withdrawals: [Withdrawal], deadline: ErasedClock.Instant) async throws {
        guard let writer = self.writer, !withdrawals.isEmpty else { return }
        _ = try await withdrawals.concurrentMap(width: self.width) { withdrawal in
            let result = try await writer.delete(withdrawal.value, at: withdrawal.owner, deadline: deadline)
            switch result {
            case .accepted, .refused: try await self.store.remove(withdrawal)
            case .unavailable: break
            }
        }
    }
}
