package import DMPProtocol

extension MeshStores {
    /// Makes restored files fit to be used: the one-time keys in them may have been used since, or be in use elsewhere.
    ///
    /// Their private halves stay until they expire, as messages for them may be under way. They are offered no more, and
    /// what is published of them is withdrawn with the next command that can.
    ///
    /// - Returns: How many one-time keys that were.
    /// - Throws: ``MeshError``, and `NameError` if the names can't be used.
    package func retirePrekeys(of username: Username, in zone: ZoneName) async throws -> Int {
        let entries = try await self.prekeys.entries()
        let owner = try OwnerName.prekeys(of: username.text, in: zone)
        let withdrawals = entries.compactMap { entry in
            entry.published.map { Withdrawal(owner: owner, value: $0, expires: entry.prekey.expires) }
        }
        try await PrekeyLedger(database: self.state).retire(entries.map(\.prekey))
        try await WithdrawalStore(database: self.state).add(withdrawals)
        return withdrawals.count
    }

    /// Closes the files. Nothing can be done with the stores after it.
    package func close() throws {
        try self.prekeys.close()
        try self.state.close()
    }
}
