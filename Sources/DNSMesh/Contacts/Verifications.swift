public import DMPProtocol
import Foundation
import GRDB

/// Which contacts' keys the user has compared with their owners.
///
/// What is kept is a digest of both parties' keys that only this identity can compute: a change of any key ends the
/// mark, and nobody can set it by editing a file.
public struct Verifications: Sendable {
    private let database: StoreDatabase
    private let seal: StorageSeal
    private let own: SafetyCode.PartyKeys

    /// Whether any contact was ever verified: if not, nobody need be asked for a passphrase.
    public static func areKept(in stores: MeshStores) async throws -> Bool {
        try await stores.state.read { database in
            try Bool.fetchOne(database, cached: "SELECT EXISTS (SELECT 1 FROM verifications)") ?? false
        }
    }

    /// Opens no file; `stores` are those of the identity.
    public init(stores: MeshStores, keys: IdentityKeys) throws {
        self.database = stores.state
        self.seal = try StorageSeal(keys: keys, label: "verifications")
        self.own = SafetyCode.PartyKeys(keys)
    }

    /// What the user and the contact compare.
    ///
    /// - Throws: ``MeshError/Code/contactWithoutEncryptionKey`` or ``MeshError/Code/contactNotPinned``.
    public func code(with contact: Contact) throws -> SafetyCode {
        SafetyCode(self.own, try Self.keys(of: contact))
    }

    /// Notes that the user has compared the code.
    ///
    /// - Throws: As ``code(with:)``.
    public func confirm(_ contact: Contact) async throws {
        let mark = Data(self.mark(try Self.keys(of: contact)))
        try await self.database.write { database in
            try database.execute(cached: "INSERT OR IGNORE INTO verifications VALUES (?)", arguments: [mark])
        }
    }

    /// Takes the mark back.
    public func withdraw(_ contact: Contact) async throws {
        guard let keys = SafetyCode.PartyKeys(contact) else { return }
        let mark = Data(self.mark(keys))
        try await self.database.write { database in
            try database.execute(cached: "DELETE FROM verifications WHERE mark = ?", arguments: [mark])
        }
    }

    /// The names of those contacts whose present keys were compared.
    public func names(among contacts: [Contact]) async throws -> Set<String> {
        let marks = try await self.database.read { database in
            Set(try Data.fetchAll(database, cached: "SELECT mark FROM verifications"))
        }
        guard !marks.isEmpty else { return [] }
        return Set(
            contacts.filter { contact in
                SafetyCode.PartyKeys(contact).map { marks.contains(Data(self.mark($0))) } ?? false
            }.map(\.name)
        )
    }

    private func mark(_ keys: SafetyCode.PartyKeys) -> [UInt8] {
        self.seal.digest(self.own.bytes + keys.bytes)
    }

    private static func keys(of contact: Contact) throws(MeshError) -> SafetyCode.PartyKeys {
        guard contact.encryptionKey != nil else { throw .noEncryptionKey(of: contact) }
        guard let keys = SafetyCode.PartyKeys(contact) else {
            throw MeshError(
                .contactNotPinned,
                "\(contact.name) has no signing key; pin it with `dnsmesh identity fetch USER@HOST --add`"
            )
        }
        return keys
    }
}
