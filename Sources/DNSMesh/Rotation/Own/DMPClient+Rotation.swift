public import DMPCrypto
public import DMPProtocol

/// What a rotation of the own identity is to publish.
public struct RotationRequest: Hashable, Sendable {
    /// Why the key is replaced. A key that is compromised or lost is revoked: contacts then must pin the new one by hand.
    public var reason: RevocationRecord.Reason
    /// For how many seconds contacts can follow the rotation.
    public var validity: UInt64
    /// For how many seconds the node keeps the records before they are published again.
    public var lifetime: UInt32
    /// Says that this client reads envelopes; what was said before stays said.
    public var advertisesEnvelope: Bool

    /// Makes a request; the defaults are those of the command.
    public init(
        reason: RevocationRecord.Reason = .routine,
        validity: UInt64 = 365 * 86_400,
        lifetime: UInt32 = 86_400,
        advertisesEnvelope: Bool = false
    ) {
        self.reason = reason
        self.validity = validity
        self.lifetime = lifetime
        self.advertisesEnvelope = advertisesEnvelope
    }
}

/// What a rotation of the own identity did.
public struct RotationReport: Sendable {
    /// The key that was replaced.
    public let oldKey: Ed25519.PublicKey
    /// The key that took its place.
    public let newKey: Ed25519.PublicKey
    /// Where the rotation lies, and the revocation.
    public let rotationName: OwnerName
    /// Where the new identity lies.
    public let identityName: OwnerName
    /// Why the key was replaced.
    public let reason: RevocationRecord.Reason
    /// Whether the old key was revoked.
    public let isRevoked: Bool
    /// Whether an earlier call had begun it.
    public let isResumed: Bool
    /// The new prekeys.
    public let prekeys: PrekeyReport
}

extension DMPClient {
    /// A rotation that has begun and isn't complete; ``rotateIdentity(from:_:adopt:)`` goes on with it.
    public func pendingRotation() async throws -> PendingRotation? {
        try await RotationPlanStore(database: self.stores.state, keys: self.keys).pending()
    }

    /// Makes this client's keys take the place of others, and tells the world.
    ///
    /// Everything is made, verified and stored before the first record goes out. If the call fails or the process ends,
    /// the same call completes it, with the same records. Mail to the old keys is received for 30 days more.
    ///
    /// - Parameters:
    ///   - oldKeys: The keys that are replaced; they may be left out where a rotation has begun.
    ///   - request: What is published.
    ///   - adopt: Called once the rotation is out, and again if it throws: makes the new passphrase the one to use.
    /// - Returns: What was published.
    /// - Throws: ``MeshError``; with ``MeshError/Code/rotationImpossible`` nothing was published.
    public func rotateIdentity(
        from oldKeys: IdentityKeys?,
        _ request: RotationRequest = RotationRequest(),
        adopt: @Sendable () async throws -> Void
    ) async throws -> RotationReport {
        try await self.rotation().run(from: oldKeys, request, adopt: adopt)
    }

    func rotation() -> IdentityRotation {
        IdentityRotation(
            keys: self.keys,
            configuration: self.configuration,
            reader: self.reader,
            writer: self.writer,
            stores: self.stores,
            withdrawals: self.withdrawals,
            refresh: self.prekeyRefresh,
            deadline: self.deadline,
            now: self.now
        )
    }
}
