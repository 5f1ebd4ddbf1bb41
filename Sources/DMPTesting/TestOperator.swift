package import DMPCrypto
package import DMPProtocol

/// Signs manifests and bootstrap records for tests.
package final class TestOperator: Sendable {
    private let secret: Ed25519.SecretKey

    /// Takes the key whose seed is 32 times `byte`.
    package init(_ byte: UInt8) throws {
        self.secret = try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }

    package var key: Ed25519.PublicKey { self.secret.publicKey }

    package func manifest(
        of name: String,
        sequence: UInt64,
        expires: UnixSeconds,
        nodes: [ClusterNode]
    ) throws -> TXTValue {
        try ClusterManifest(
            name: RecordDomain(name),
            operatorKey: self.key,
            sequence: sequence,
            expires: expires,
            nodes: nodes
        ).signed(by: self.secret).value
    }

    package func bootstrap(
        of domain: String,
        sequence: UInt64,
        expires: UnixSeconds,
        entries: [BootstrapEntry]
    ) throws -> TXTValue {
        try BootstrapRecord(
            domain: RecordDomain(domain),
            signer: self.key,
            sequence: sequence,
            expires: expires,
            entries: entries
        ).signed(by: self.secret).value
    }
}
