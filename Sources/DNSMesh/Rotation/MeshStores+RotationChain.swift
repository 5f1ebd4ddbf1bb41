extension MeshStores {
    /// Whether the rotations of a contact are followed and its revocations are heeded: what was said about it, else
    /// about all contacts, else `standard`.
    ///
    /// - Parameters:
    ///   - contact: The contact's name; `nil` for what holds for those about whom nothing was said.
    ///   - standard: What holds if nothing was said at all; see ``MeshConfiguration/followsRotations``.
    /// - Returns: Whether they are followed.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func followsRotations(of contact: String?, standard: Bool = true) async throws -> Bool {
        let switches = RotationSwitches(database: self.state)
        guard let contact else { return try await switches.setting(for: nil) ?? standard }
        return try await switches.isOn(for: contact, standard: standard)
    }

    /// Says whether the rotations of a contact are followed (`rotation_chain_enabled`). The word is kept in `state.db`.
    ///
    /// - Parameters:
    ///   - enabled: Whether they are.
    ///   - contact: The contact's name, or `nil` for all about whom nothing was said.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func setFollowsRotations(_ enabled: Bool, of contact: String?) async throws {
        try await RotationSwitches(database: self.state).set(enabled, for: contact)
    }

    /// Keeps what was said about a contact with it when it gets another name.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func contactWasRenamed(from name: String, to newName: String) async throws {
        try await RotationSwitches(database: self.state).move(from: name, to: newName)
    }

    /// Forgets what was said about a contact that is one no more.
    ///
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func contactWasRemoved(_ name: String) async throws {
        try await RotationSwitches(database: self.state).move(from: name, to: nil)
    }
}
