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
                cached: "SELECT enabled FROM rotation_switches WHERE contact = ?",
                arguments: [contact ?? Self.everybody]
            )
        }
    }

    func set(_ enabled: Bool, for contact: String?) async throws {
        try await self.database.write { database in
            try database.execute(
                cached: "INSERT OR REPLACE INTO rotation_switches VALUES (?, ?)",
                arguments: [contact ?? Self.everybody, enabled]
            )
        }
    }

    /// Moves what was said about a contact to its new name; for `nil` it is forgotten, so that no later contact of that
    /// name inherits it.
    func move(from name: String, to newName: String?) async throws {
        guard name != newName else { return }
        try await self.database.write { database in
            if let newName {
                try database.execute(
                    cached: "UPDATE OR REPLACE rotation_switches SET contact = ? WHERE contact = ?",
                    arguments: [newName, name]
                )
            } else {
                try database.execute(cached: "DELETE FROM rotation_switches WHERE contact = ?", arguments: [name])
            }
        }
    }

    /// Whether rotations of a contact are followed: what was said about it, else about all, else `standard`.
    func isOn(for contact: String, standard: Bool) async throws -> Bool {
        if let own = try await self.setting(for: contact) { return own }
        return try await self.setting(for: nil) ?? standard
    }
}
