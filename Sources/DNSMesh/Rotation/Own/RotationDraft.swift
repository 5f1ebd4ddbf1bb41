import DMPCrypto
import DMPNetwork
public import DMPProtocol
import DNSTransport

/// Makes the records of a rotation and verifies what others will make of them. Nothing is published or stored.
struct RotationDraft: Sendable {
    let oldKeys: IdentityKeys
    let newKeys: IdentityKeys
    let configuration: MeshConfiguration
    let request: RotationRequest
    let now: UnixSeconds

    /// What lies at the own names, and what this client knows to have published there.
    struct Surroundings: Sendable {
        let successions: [TXTValue]
        let identities: [TXTValue]
    }

    var subject: KeySubject {
        get throws {
            let host = self.configuration.identityZone ?? self.configuration.zone
            return try KeySubject(.user, "\(self.configuration.username.text)@\(host.text)")
        }
    }

    var rotationName: OwnerName {
        get throws {
            if let zone = self.configuration.identityZone { return try OwnerName.anchoredRotation(in: zone) }
            return try OwnerName.hashedRotation(of: self.configuration.username.text, in: self.configuration.zone)
        }
    }

    /// - Throws: ``MeshError`` if nobody could follow this rotation.
    func plan(in surroundings: Surroundings) throws -> RotationPlan {
        let known = SuccessionRecords(surroundings.successions, of: try self.subject, now: self.now)
        let past = try self.predecessors(in: known)
        let rotation = try self.rotation(after: past)
        let revocation = try self.revocation()
        let identity = try self.identity(like: surroundings.identities)
        let name = try self.rotationName
        try self.check(known, with: [rotation.value] + (revocation.map { [$0.value] } ?? []))
        return RotationPlan(
            rotation: .init(rotation.value, at: name),
            revocation: revocation.map { .init($0.value, at: name) },
            identity: .init(identity.value, at: try self.configuration.identityName),
            reason: self.request.reason.rawValue,
            expires: rotation.body.expires.rawValue,
            lifetime: self.request.lifetime
        )
    }

    // MARK: - Steps

    /// The rotations that led to the present key.
    private func predecessors(in known: SuccessionRecords) throws(MeshError) -> [RotationRecord] {
        let old = self.oldKeys.signingKey
        if known.revocation(of: old) != nil {
            throw MeshError(.rotationImpossible, "the present key was revoked: nobody would follow its rotation")
        }
        if let successor = known.rotations(of: old).first?.newKey {
            throw MeshError(
                .rotationImpossible,
                "the present key was replaced already, by \(successor.hex): a second successor would stop all who follow"
            )
        }
        var keys: Set = [old]
        var past: [RotationRecord] = []
        while true {
            let found = known.rotations.map(\.body).filter { keys.contains($0.newKey) && !past.contains($0) }
            if found.isEmpty { break }
            past += found
            keys.formUnion(found.map(\.oldKey))
        }
        guard !keys.contains(self.newKeys.signingKey), known.revocation(of: self.newKeys.signingKey) == nil else {
            throw MeshError(.rotationImpossible, "the new passphrase gives a key that was used before; choose another")
        }
        return past
    }

    /// The number is in milliseconds, and above those of all rotations before.
    private func rotation(after past: [RotationRecord]) throws -> Signed<RotationRecord> {
        let milliseconds = self.now.rawValue.multipliedReportingOverflow(by: 1_000)
        let next = (past.map(\.sequence).max() ?? 0).addingReportingOverflow(1)
        guard !milliseconds.overflow, !next.overflow else {
            throw MeshError(.rotationImpossible, "no number is left for another rotation; make a new identity")
        }
        let record = try RotationRecord(
            subject: self.subject,
            oldKey: self.oldKeys.signingKey,
            newKey: self.newKeys.signingKey,
            sequence: max(milliseconds.partialValue, next.partialValue),
            issued: self.now,
            expires: self.now.adding(self.request.validity)
        )
        return try record.signed(by: self.oldKeys.ed25519, and: self.newKeys.ed25519)
    }

    /// Only where the old key may be in other hands: a revoked key on the path stops everybody who follows.
    private func revocation() throws -> Signed<RevocationRecord>? {
        guard self.request.reason.revokes else { return nil }
        let record = RevocationRecord(
            subject: try self.subject,
            revokedKey: self.oldKeys.signingKey,
            reason: self.request.reason,
            issued: self.now
        )
        return try record.signed(by: self.oldKeys.ed25519)
    }

    /// The versions that were advertised before stay advertised.
    private func identity(like values: [TXTValue]) throws -> Signed<IdentityRecord> {
        let own = values.compactMap { try? Signed<IdentityRecord>(parsing: $0, now: self.now).body }
            .filter { $0.signingKey == self.oldKeys.signingKey }
        let versions = own.max { $0.issued < $1.issued }?.versions ?? IdentityRecord.defaultVersions
        let record = try IdentityRecord(
            username: self.configuration.username.text,
            encryptionKey: self.newKeys.encryptionKey,
            signingKey: self.newKeys.signingKey,
            issued: self.now,
            versions: versions + (self.request.advertisesEnvelope ? [IdentityRecord.envelopeVersion] : [])
        )
        return try record.signed(by: self.newKeys.ed25519)
    }

    /// Reads the records as others will, and walks the chain that they give.
    private func check(_ known: SuccessionRecords, with values: [TXTValue]) throws {
        let subject = try self.subject
        var records = SuccessionRecords(values, of: subject, now: self.now)
        guard records.values.count == values.count else {
            throw MeshError(.rotationImpossible, "the records of this rotation would not verify; nothing was published")
        }
        records.merge(known)
        let standing = ChainWalk(records: records, now: self.now).standing(of: self.oldKeys.signingKey)
        let expected: KeyStanding =
            self.request.reason.revokes
            ? .distrusted(.revoked(self.request.reason)) : .replaced(by: self.newKeys.signingKey, hops: 1)
        guard standing == expected else {
            throw MeshError(.rotationImpossible, "contacts could not follow this rotation; nothing was published")
        }
    }
}

extension RevocationRecord.Reason {
    /// Whether a rotation for this reason revokes the old key.
    public var revokes: Bool { self == .compromise || self == .lostKey }
}
