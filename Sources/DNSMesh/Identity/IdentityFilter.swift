import DMPProtocol

/// Leaves out identities that count no more, before it is judged whether several are there.
///
/// Source: protocol documents, "The client engine", section 13.6.
struct IdentityFilter {
    /// What lies at the names of rotations and revocations.
    let values: [TXTValue]
    let host: ZoneName
    /// Where the identities were found.
    let owner: OwnerName
    let now: UnixSeconds

    /// Drops revoked identities; of several others those that name a successor.
    ///
    /// - Throws: ``MeshError/Code/identityRevoked`` if none is left.
    func current(among records: [IdentityRecord]) throws(MeshError) -> [IdentityRecord] {
        var successions: [String: SuccessionRecords] = [:]
        for username in Set(records.map(\.username)) { successions[username] = self.successions(of: username) }
        let sound = records.filter { successions[$0.username]?.revocation(of: $0.signingKey) == nil }
        guard !sound.isEmpty else {
            throw MeshError(
                .identityRevoked,
                "the identity at \(self.owner) was revoked by its owner; ask its owner to publish the new one"
            )
        }
        guard sound.count > 1 else { return sound }
        let latest = sound.filter { successions[$0.username]?.isSuperseded($0.signingKey) != true }
        return latest.isEmpty ? sound : latest
    }

    private func successions(of username: String) -> SuccessionRecords {
        guard let subject = try? KeySubject(.user, "\(username)@\(self.host.text)") else { return .init() }
        return SuccessionRecords(self.values, of: subject, now: self.now)
    }
}
