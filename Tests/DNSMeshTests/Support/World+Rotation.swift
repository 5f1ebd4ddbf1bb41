import DMPNetwork
import DMPProtocol

@testable import DNSMesh

extension World {
    /// Publishes the rotation from one pair of keys of a user to another, as the user would.
    func publishRotation(
        from old: User,
        to new: User,
        sequence: UInt64 = 1,
        expires: UInt64 = 86_400
    ) async throws {
        let record = try RotationRecord(
            subject: KeySubject(.user, "\(old.name)@\(old.zone)"),
            oldKey: old.keys.signingKey,
            newKey: new.keys.signingKey,
            sequence: sequence,
            issued: self.now,
            expires: self.now.adding(expires)
        )
        let value = try record.signed(by: old.keys.ed25519, and: new.keys.ed25519).value
        await self.store.insert(value, at: try self.rotationName(of: old), ttl: 86_400)
    }

    func publishRevocation(of user: User) async throws {
        let record = RevocationRecord(
            subject: try KeySubject(.user, "\(user.name)@\(user.zone)"),
            revokedKey: user.keys.signingKey,
            reason: .compromise,
            issued: self.now
        )
        let value = try record.signed(by: user.keys.ed25519).value
        await self.store.insert(value, at: try self.rotationName(of: user), ttl: 86_400)
    }

    func rotationName(of user: User) throws -> OwnerName { try OwnerName.hashedRotation(of: user.name, in: user.zone) }
}
