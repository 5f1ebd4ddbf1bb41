extension DMPClient {
    /// Whether the rotations of a contact are followed and its revocations are heeded: what was said about it, else
    /// about all contacts, else ``MeshConfiguration/followsRotations``.
    ///
    /// - Parameter contact: The contact's name; `nil` for what holds for those about whom nothing was said.
    /// - Returns: Whether they are followed.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func rotationChain(for contact: String?) async throws -> Bool {
        let switches = RotationSwitches(database: self.stores.state)
        let standard = self.configuration.followsRotations
        guard let contact else { return try await switches.setting(for: nil) ?? standard }
        return try await switches.isOn(for: contact, standard: standard)
    }

    /// Says whether the rotations of a contact are followed (`rotation_chain_enabled`). The word is kept in `state.db`.
    ///
    /// - Parameters:
    ///   - enabled: Whether they are.
    ///   - contact: The contact's name, or `nil` for all about whom nothing was said.
    /// - Throws: ``MeshError`` with ``MeshError/Code/storeUnusable``.
    public func setRotationChain(_ enabled: Bool, for contact: String?) async throws {
        try await RotationSwitches(database: self.stores.state).set(enabled, for: contact)
    }
}
