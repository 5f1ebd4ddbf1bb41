import DMPCrypto
import DMPProtocol

/// Whom a client trusts about the clusters of a domain: the key that signs the domain's bootstrap record.
struct BootstrapAnchor: Hashable, Sendable {
    let domain: RecordDomain
    let signer: Ed25519.PublicKey

    /// Reads what a user has typed.
    init(userDomain: String, signerKey: String) throws(CommandFailure) {
        self.domain = try AnchorReading.domain(userDomain, named: "user_domain")
        self.signer = try AnchorReading.key(signerKey, named: "signer_spk")
    }
}
