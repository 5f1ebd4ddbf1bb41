import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// Finds out whether the address that a message claims belongs to the key that signed it.
///
/// Only positive answers are kept. The label is for people to read; it never decides where a message goes.
actor SenderLabels {
    private struct Key: Hashable {
        let address: UserAddress
        let signer: Ed25519.PublicKey
    }

    /// How many answers are kept.
    private static let mostKept = 1_000

    private let reader: any RecordReader
    private var confirmed: Set<Key> = []

    init(reader: any RecordReader) {
        self.reader = reader
    }

    /// - Returns: `claimed` if a valid identity record at that address has `signer` as its key, else `nil`.
    func verified(
        _ claimed: UserAddress?,
        signer: Ed25519.PublicKey,
        contact: Contact?,
        now: UnixSeconds,
        deadline: ErasedClock.Instant
    ) async throws -> UserAddress? {
        guard let claimed else { return nil }
        let key = Key(address: claimed, signer: signer)
        if self.confirmed.contains(key) { return claimed }
        if let contact, contact.protocolUsername.lowercased() == claimed.username.text, contact.zone == claimed.host {
            return claimed  // pinned at that very address
        }
        guard let names = Self.names(of: claimed) else { return nil }
        guard case .records(let values) = try await self.reader.readAll(names, deadline: deadline) else { return nil }
        let isConfirmed = values.contains { value in
            guard let record = try? Signed<IdentityRecord>(parsing: value, now: now).body else { return false }
            return record.signingKey == signer && record.username.lowercased() == claimed.username.text
        }
        guard isConfirmed else { return nil }
        if self.confirmed.count >= Self.mostKept { self.confirmed.removeAll() }
        self.confirmed.insert(key)
        return claimed
    }

    /// Where the identity of an address lies, or `nil` if its host is too long for that.
    private static func names(of address: UserAddress) -> [OwnerName]? {
        do {
            return [
                try OwnerName.anchoredIdentity(in: address.host),
                try OwnerName.hashedIdentity(of: address.username.text, in: address.host),
            ]
        } catch {
            return nil
        }
    }
}
