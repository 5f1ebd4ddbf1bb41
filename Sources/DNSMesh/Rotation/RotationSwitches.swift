import GRDB

/// The user's word on whether the rotations of contacts are followed: `rotation_chain_enabled`.
///
/// It is kept in `state.db`, as the Python client drops what it doesn't know from the configuration.
struct RotationSwitches: Sendable {
    let database: StoreDatabase

    /// The row of the switch for all contacts; no contact has an empty name.
    private static let everybody = ""

    /// What was said about a contact, or about all for `nil`; `nil` if nothing was.
    func setting(for contact: String?) async throws -> Bool? {
        try await self.database.read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT enabled FROM rotation_switches WHERE contact = ?",
                arguments: [contact ?? Self.everybody]
            )
        }
    }

    func set(_ enabled: Bool, for contact: String?) async throws {
        try await self.database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO rotation_switches VALUES (?, ?)",
                arguments: [contact ?? Self.everybody, enabled]
            )
        }
    }

    /// Whether rotations of a contact are followed: what was said about it, else about all, else `standard`.
    func isOn(for contact: String, standard: Bool) async throws -> Bool {
        if let own = try await self.setting(for: contact) { return own }
        return try await self.setting(for: nil) ?? standard
    }
}
