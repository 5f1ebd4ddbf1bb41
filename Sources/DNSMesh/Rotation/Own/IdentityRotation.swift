import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation
import GRDB

/// Takes a rotation of the own identity through its steps. Whatever interrupts it, the same call goes on where it
/// stopped, with the same records.
struct IdentityRotation: Sendable {
    /// The new keys.
    let keys: IdentityKeys
    let configuration: MeshConfiguration
    let reader: any RecordReader
    let writer: (any RecordWriter)?
    let stores: MeshStores
    let withdrawals: WithdrawalRunner
    let refresh: PrekeyRefresh
    let deadline: ErasedClock.Instant
    let now: @Sendable () -> UnixSeconds
    /// Is told of every step before it is noted; tests interrupt here.
    var checkpoint: @Sendable (RotationStep) async throws -> Void = { _ in }

    /// Begins a rotation, or goes on with the one that has begun.
    ///
    /// - Parameters:
    ///   - oldKeys: The keys that are replaced; not needed to go on with what has begun.
    ///   - request: What is to be published. What has begun goes on as it was asked for then.
    ///   - adopt: Makes the new key that of the configuration.
    /// - Returns: What was published.
    /// - Throws: ``MeshError``, what `adopt` throws, and `CancellationError`.
    func run(
        from oldKeys: IdentityKeys?,
        _ request: RotationRequest,
        adopt: @Sendable () async throws -> Void
    ) async throws -> RotationReport {
        guard let writer = self.writer else {
            throw MeshError(.noWriter, "no node to publish to; run `dnsmesh init` with --endpoint URL")
        }
        let store = try RotationPlanStore(database: self.stores.state, keys: self.keys)
        let resumed = try await store.pending().flatMap { $0.isUnderWay ? $0 : nil }
        let pending: PendingRotation
        if let resumed {
            guard resumed.newKey == self.keys.signingKey else { throw MeshError.otherRotation(resumed) }
            pending = resumed
        } else {
            pending = try await self.begin(from: oldKeys, request, store: store)
        }
        let run = Run(
            rotation: self,
            store: store,
            plan: try await store.plan(of: pending),
            pending: pending,
            writer: writer
        )
        return try await run.complete(adopt: adopt, resumed: resumed != nil)
    }

    private func begin(
        from oldKeys: IdentityKeys?,
        _ request: RotationRequest,
        store: RotationPlanStore
    ) async throws -> PendingRotation {
        guard let oldKeys, oldKeys.signingKey != self.keys.signingKey else {
            throw MeshError(.invalidArgument, "the new passphrase gives the present keys; choose another")
        }
        let now = self.now()
        let draft = RotationDraft(
            oldKeys: oldKeys,
            newKeys: self.keys,
            configuration: self.configuration,
            request: request,
            now: now
        )
        let plan = try draft.plan(in: try await self.surroundings(of: draft))
        let sealed = try FormerIdentities(database: self.stores.state, keys: self.keys).sealed(oldKeys, now: now)
        try await store.begin(plan, from: sealed, oldKey: oldKeys.signingKey, newKey: self.keys.signingKey)
        return PendingRotation(oldKey: oldKeys.signingKey, newKey: self.keys.signingKey, step: .prepared)
    }

    /// What is published at the own names: another rotation there would make this one a fork.
    private func surroundings(of draft: RotationDraft) async throws -> RotationDraft.Surroundings {
        let names = RotationNames(of: try draft.subject).all
        let identityName = try self.configuration.identityName
        let results = try await (names + [identityName]).concurrentMap(width: 3) { name in
            let result = try await self.reader.read(name, absence: .decisive, deadline: self.deadline)
            guard case .unavailable(let reason) = result else { return result }
            throw MeshError(
                .unavailable,
                "could not read \(name): \(reason); nothing was published, check the resolver and try again",
                underlying: reason
            )
        }
        let values = results.map { if case .records(let values) = $0 { values } else { [TXTValue]() } }
        return RotationDraft.Surroundings(
            successions: values.dropLast().flatMap(\.self)
                + (try await OwnSuccessions(database: self.stores.state).values()),
            identities: (values.last ?? []) + (try await self.published(at: identityName))
        )
    }

    func published(at owner: OwnerName) async throws -> [TXTValue] {
        try await self.stores.state.read { database in
            try Data.fetchAll(
                database,
                cached: "SELECT value FROM publications WHERE owner = ?",
                arguments: [owner.text]
            )
        }.map { TXTValue([UInt8]($0)) }
    }
}

/// One call's way through the steps that are left.
private struct Run: Sendable {
    let rotation: IdentityRotation
    let store: RotationPlanStore
    let plan: RotationPlan
    let pending: PendingRotation
    let writer: any RecordWriter

    private var state: StoreDatabase { self.rotation.stores.state }

    func complete(adopt: @Sendable () async throws -> Void, resumed: Bool) async throws -> RotationReport {
        try await self.step(.announced) { try await self.announce() }
        try await self.step(.adopted, adopt)
        try await self.step(.resealed) { try await self.reseal() }
        try await self.step(.published) { try await self.publish() }
        try await self.step(.withdrawn) { try await self.withdraw() }
        let prekeys = try await self.renewPrekeys()
        try await self.store.finish()
        return RotationReport(
            oldKey: self.pending.oldKey,
            newKey: self.pending.newKey,
            rotationName: try self.plan.rotation.name,
            identityName: try self.plan.identity.name,
            reason: RevocationRecord.Reason(rawValue: self.plan.reason) ?? .other,
            isRevoked: self.plan.revocation != nil,
            isResumed: resumed,
            prekeys: prekeys
        )
    }

    /// Does a step that was not done before, and notes it.
    private func step(_ step: RotationStep, _ body: () async throws -> Void) async throws {
        guard self.pending.step.rawValue < step.rawValue else { return }
        try await body()
        try await self.rotation.checkpoint(step)
        try await self.store.note(step)
    }

    private func announce() async throws {
        try await self.store.note(.announcing)
        let owner = try self.plan.rotation.name
        let result = try await self.write(self.plan.rotation)
        // Whoever says no has not taken it, and an earlier try may have been taken.
        if case .refused = result, self.pending.step == .prepared { try await self.store.note(.prepared) }
        try result.requireAccepted(at: owner)
        let expires = UnixSeconds(rawValue: self.plan.expires)
        try await OwnSuccessions(database: self.state).add(self.plan.rotation, expires: expires)
    }

    /// What is sealed under the old keys would be lost with the old passphrase.
    private func reseal() async throws {
        let formers = try FormerIdentities(database: self.state, keys: self.rotation.keys)
        let now = self.rotation.now()
        guard let oldKeys = try await formers.all(now: now).first(where: { $0.signingKey == self.pending.oldKey })
        else {
            throw MeshError(
                .storeUnusable,
                "the old keys can't be opened any more, so that received messages would stay sealed; restore state.db"
            )
        }
        try await formers.reseal(from: FormerIdentities(database: self.state, keys: oldKeys), now: now)
        for table in SealedMessages.allCases {
            try await table.reseal(in: self.state, from: oldKeys, to: self.rotation.keys)
        }
    }

    private func publish() async throws {
        if let revocation = self.plan.revocation {
            try await self.write(revocation).requireAccepted(at: revocation.name)
            let forever = UnixSeconds(rawValue: .max)
            try await OwnSuccessions(database: self.state).add(revocation, expires: forever)
        }
        try await self.write(self.plan.identity).requireAccepted(at: self.plan.identity.name)
    }

    private func write(_ publication: RotationPlan.Publication) async throws -> WriteResult {
        try await self.writer.publish(
            publication.record,
            at: publication.name,
            ttl: self.plan.lifetime,
            deadline: self.rotation.deadline
        )
    }

    /// Takes back the old identity and the prekeys that the old key has signed. Their private halves stay: mail that was
    /// sealed for them may be on its way.
    private func withdraw() async throws {
        let now = self.rotation.now()
        let owner = try self.plan.identity.name
        var identities = try await self.rotation.published(at: owner)
        if case .records(let values) = try await self.rotation.reader.read(owner, deadline: self.rotation.deadline) {
            identities += values.filter { !identities.contains($0) }
        }
        let expires = now.adding(UInt64(self.plan.lifetime))
        let old = identities.filter { value in
            (try? Signed<IdentityRecord>(parsing: value, now: now).body)?.signingKey == self.pending.oldKey
        }
        try await self.rememberIdentity(at: owner, now: now)
        let withdrawals = old.map { Withdrawal(owner: owner, value: $0, expires: expires) }
        try await self.rotation.withdrawals.withdraw(
            withdrawals + (try await self.retirePrekeys(now: now)),
            deadline: self.rotation.deadline
        )
    }

    /// Offers the prekeys of the old key no more.
    private func retirePrekeys(now: UnixSeconds) async throws -> [Withdrawal] {
        let refresh = self.rotation.refresh
        let owner = try OwnerName.prekeys(of: refresh.configuration.username.text, in: refresh.configuration.zone)
        let newKey = self.pending.newKey
        let entries = try await refresh.prekeys.entries().filter { entry in
            entry.published.map { (try? Signed<Prekey>(parsing: $0, now: now, signer: newKey)) == nil } ?? true
        }
        try await refresh.ledger.retire(entries.map(\.prekey))
        var values: [TXTValue: UnixSeconds] = [:]
        for entry in entries {
            if let value = entry.published { values[value] = entry.prekey.expires }
        }
        // Some may be out although no node has said so.
        if case .records(let found) = try await self.rotation.reader.read(owner, deadline: self.rotation.deadline) {
            for value in found {
                let prekey = try? Signed<Prekey>(parsing: value, now: now, signer: self.pending.oldKey).body
                if let prekey { values[value] = prekey.expires }
            }
        }
        return values.map { Withdrawal(owner: owner, value: $0.key, expires: $0.value) }
    }

    private func rememberIdentity(at owner: OwnerName, now: UnixSeconds) async throws {
        let value = self.plan.identity.value
        let lifetime = Int64(self.plan.lifetime)
        let expires = now.adding(UInt64(self.plan.lifetime))
        try await self.state.write { database in
            try database.execute(cached: "DELETE FROM publications WHERE owner = ?", arguments: [owner.text])
            try database.execute(
                cached: "INSERT INTO publications VALUES (?, ?, ?)",
                arguments: [owner.text, value, expires.stored]
            )
            try database.execute(
                cached: "INSERT OR REPLACE INTO publication_terms VALUES (?, ?, ?)",
                arguments: [owner.text, lifetime, now.stored]
            )
        }
    }

    private func renewPrekeys() async throws -> PrekeyReport {
        try await self.rotation.refresh.run(
            target: self.rotation.configuration.prekeyTarget,
            lifetime: 86_400,
            deadline: self.rotation.deadline
        )
    }
}

extension MeshError {
    fileprivate static func otherRotation(_ pending: PendingRotation) -> MeshError {
        MeshError(
            .rotationImpossible,
            "a rotation to the key \(pending.newKey.hex) has begun and must be completed first: run `dnsmesh identity "
                + "rotate` again with the new passphrase that was given then"
        )
    }
}
