import DMPNetwork
public import DMPProtocol
import DNSTransport

/// Whose identity is looked up.
public enum IdentityQuery: Hashable, Sendable {
    /// `user@host`: anchored at the host's zone, or else by the hash of the user name there.
    case address(username: Username, host: ZoneName)
    /// A plain user name in a shared mesh zone. Anybody may publish there, so compare the fingerprint.
    case name(username: Username, zone: ZoneName)

    var username: Username {
        switch self {
        case .address(let username, _), .name(let username, _): username
        }
    }

    var host: ZoneName {
        switch self {
        case .address(_, let host): host
        case .name(_, let zone): zone
        }
    }
}

/// A verified identity, and where it was found.
public struct FetchedIdentity: Hashable, Sendable {
    /// The record, its signature checked.
    public let record: IdentityRecord
    /// The name at which it lies.
    public let owner: OwnerName
    /// The host of the address, or the zone that a plain name was looked up in.
    public let host: ZoneName
}

/// Several identities claim the same name: the user must compare fingerprints.
public struct AmbiguousIdentity: Error, Hashable, Sendable {
    /// The name at which they lie.
    public let owner: OwnerName
    /// The newest record of each, the oldest first.
    public let candidates: [IdentityRecord]
}

/// Finds the identity that is published under an address.
struct IdentityLookup: Sendable {
    let reader: any RecordReader
    let deadline: ErasedClock.Instant
    let now: UnixSeconds

    /// Reads the names of an address, the most trustworthy first, and picks the one identity there.
    ///
    /// - Parameters:
    ///   - query: Whose identity it is.
    ///   - accepted: The fingerprint that the user has compared; then only that identity will do.
    /// - Returns: The newest record of that identity.
    /// - Throws: ``MeshError``, and `CancellationError`.
    @concurrent
    func fetch(_ query: IdentityQuery, accepting accepted: Fingerprint?) async throws -> FetchedIdentity {
        async let successions = self.successionValues(query)
        let (owner, found) = try await self.mostTrustworthy(try self.names(query), of: query.username)
        let records = try IdentityFilter(
            values: try await successions,
            host: query.host,
            owner: owner,
            now: self.now
        ).current(among: found)
        if let accepted {
            guard let match = records.first(where: { $0.fingerprint == accepted }) else {
                let found = records.map(\.fingerprint.text).joined(separator: ", ")
                throw MeshError(
                    .fingerprintMismatch,
                    "no identity at \(owner) has the fingerprint \(accepted.text); found \(found)"
                )
            }
            return FetchedIdentity(record: match, owner: owner, host: query.host)
        }
        guard records.count == 1 else {
            let ambiguous = AmbiguousIdentity(owner: owner, candidates: records)
            throw MeshError(
                .ambiguousIdentity,
                "ambiguous: \(records.count) valid identity records at \(owner)",
                underlying: ambiguous
            )
        }
        return FetchedIdentity(record: records[0], owner: owner, host: query.host)
    }

    /// The names to look at, the most trustworthy first.
    private func names(_ query: IdentityQuery) throws -> [OwnerName] {
        var names: [OwnerName] = []
        if case .address(_, let host) = query { names.append(try OwnerName.anchoredIdentity(in: host)) }
        let spelled = query.username.text
        names.append(try OwnerName.hashedIdentity(of: spelled, in: query.host))
        if spelled != spelled.lowercased() {
            names.append(try OwnerName.hashedIdentity(of: spelled.lowercased(), in: query.host))
        }
        return names
    }

    /// All values at the names of rotations and revocations, read beside those of the identity.
    private func successionValues(_ query: IdentityQuery) async throws -> [TXTValue] {
        let spelled = query.username.text
        var names = [try OwnerName.anchoredRotation(in: query.host)]
        for spelling in Set([spelled, spelled.lowercased()]) {
            names.append(try OwnerName.hashedRotation(of: spelling, in: query.host))
        }
        let results = try await names.concurrentMap(width: names.count) { name in
            (name, try await self.reader.read(name, absence: .decisive, deadline: self.deadline))
        }
        return try results.flatMap { name, result in
            switch result {
            case .records(let values): return values
            case .absent: return []
            case .unavailable(let reason):
                // A revocation that can't be read may be there.
                throw MeshError(
                    .unavailable,
                    "could not read \(name): \(reason); check the resolver and try again",
                    underlying: reason
                )
            }
        }
    }

    /// Reads all names at once and takes the first that holds an identity of that user.
    ///
    /// A less trustworthy name counts only if the others are known to hold none: "unknown" is not "no".
    private func mostTrustworthy(
        _ names: [OwnerName],
        of username: Username
    ) async throws -> (OwnerName, [IdentityRecord]) {
        let results = try await names.concurrentMap(width: names.count) { name in
            try await self.reader.read(name, deadline: self.deadline)
        }
        var foreign: OwnerName?
        for (name, result) in zip(names, results) {
            switch result {
            case .absent: continue
            case .records(let values):
                let records = self.identities(in: values, of: username)
                if !records.isEmpty { return (name, records) }
                foreign = foreign ?? name
            case .unavailable(let reason):
                throw MeshError(
                    .unavailable,
                    "could not read \(name): \(reason); check the resolver and try again",
                    underlying: reason
                )
            }
        }
        guard let foreign else {
            throw MeshError(.identityNotFound, "no identity record at \(names.map(\.text).joined(separator: " or "))")
        }
        throw MeshError(
            .identityInvalid,
            "found TXT records at \(foreign) but none verified as an identity of \(username.text); ask its owner to "
                + "publish it again"
        )
    }

    /// The valid records of that user, one for each pair of keys: of republished ones the newest.
    private func identities(in values: [TXTValue], of username: Username) -> [IdentityRecord] {
        var newest: [Fingerprint: IdentityRecord] = [:]
        for value in values {
            guard let record = try? Signed<IdentityRecord>(parsing: value, now: self.now).body,
                record.username.lowercased() == username.text.lowercased()
            else { continue }
            if let other = newest[record.fingerprint], other.issued >= record.issued { continue }
            newest[record.fingerprint] = record
        }
        return newest.values.sorted { ($0.issued, $0.fingerprint.text) < ($1.issued, $1.fingerprint.text) }
    }
}
