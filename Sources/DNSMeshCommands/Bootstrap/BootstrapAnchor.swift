import DMPCrypto
import DMPNetwork
import DMPProtocol

/// Whom a client trusts about the clusters of a domain: the key that signs the domain's bootstrap record.
///
/// Source: protocol documents, "Command line", section 5.12.
struct BootstrapAnchor: Hashable, Sendable {
    let domain: RecordDomain
    let signer: Ed25519.PublicKey

    /// Reads what a user has typed.
    init(userDomain: String, signerKey: String) throws(CommandFailure) {
        self.domain = try AnchorReading.domain(userDomain, named: "user_domain")
        self.signer = try AnchorReading.key(signerKey, named: "signer_spk")
    }

    /// Takes what the options give, and the rest from what is pinned.
    ///
    /// The pinned signer speaks for the pinned domain alone.
    init(
        userDomain: String?,
        signerKey: String?,
        pinnedIn configuration: Configuration,
        path: String
    ) throws(CommandFailure) {
        let domain = userDomain ?? configuration.bootstrapUserDomain
        guard !domain.isEmpty else {
            throw .user(
                "no bootstrap signer is pinned; run `dnsmesh bootstrap pin USER_DOMAIN SIGNER_SPK_HEX`, or give "
                    + "--user-domain and --signer-spk"
            )
        }
        if let signerKey {
            self.signer = try AnchorReading.key(signerKey, named: "signer_spk")
        } else {
            guard !configuration.bootstrapSignerKey.isEmpty, configuration.pinsBootstrap(of: domain) else {
                throw .noSigner(of: domain)
            }
            self.signer = try AnchorReading.key(
                configuration.bootstrapSignerKey,
                named: "\(path): bootstrap_signer_spk"
            )
        }
        self.domain = try AnchorReading.domain(domain, named: "bootstrap user_domain")
    }

    var discovery: BootstrapDiscovery {
        get throws(CommandFailure) {
            do throws(NameError) {
                return try BootstrapDiscovery(self.domain, signer: self.signer)
            } catch {
                throw .user("invalid bootstrap user_domain: \(error)")
            }
        }
    }

    /// What a look-up without a record means to the user.
    func failure(_ refusal: PinnedRecordRefusal) -> CommandFailure {
        .network(
            "no verifying bootstrap record at _dmp.\(self.domain.zone). \(refusal); "
                + refusal.advice(about: "the operator of \(self.domain.zone)")
        )
    }
}

extension Configuration {
    /// Whether `domain` is the pinned user domain, in whatever case and with or without a trailing dot.
    func pinsBootstrap(of domain: String) -> Bool {
        do {
            return try ZoneName(domain) == ZoneName(self.bootstrapUserDomain)
        } catch {
            return false
        }
    }
}

extension CommandFailure {
    static func noSigner(of domain: String) -> CommandFailure {
        .user(
            "no bootstrap signer pinned for '\(domain)' — run `dnsmesh bootstrap pin \(domain) SIGNER_SPK_HEX` with the "
                + "key that its operator gave you"
        )
    }
}
