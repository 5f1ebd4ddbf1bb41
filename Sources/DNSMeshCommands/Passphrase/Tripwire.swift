import DMPCrypto

/// Catches a mistyped passphrase, which would otherwise pass for another identity.
///
/// Source: protocol documents, "Command line", section 3.2.
struct Tripwire {
    enum Verdict: Hashable {
        /// The configuration knows no key yet: this one is to be stored.
        case firstUse
        case match
        /// The keys differ, and the user wants to go on all the same.
        case overridden(warning: String)
    }

    /// The `verify_pubkey` of the configuration; empty before the first derivation.
    let expected: String
    let environment: [String: String]

    /// - Throws: ``CommandFailure`` if the keys differ and nothing overrides the check.
    func check(_ key: Ed25519.PublicKey) throws(CommandFailure) -> Verdict {
        if self.expected.isEmpty { return .firstUse }
        if self.expected == key.hex { return .match }
        guard self.environment[Self.overrideVariable] == "1" else {
            throw .user(
                """
                passphrase mismatch: the derived signing pubkey does not match the one this config was first used with.
                  expected: \(self.expected)
                  derived:  \(key.hex)

                Most likely the passphrase was mistyped. For another identity run `dnsmesh init --force`; to go on this
                once with the derived keys set \(Self.overrideVariable)=1.
                """
            )
        }
        return .overridden(
            warning: "warning: passphrase derives a different identity than the one saved in config "
                + "(\(key.hex) != \(self.expected)); proceeding because \(Self.overrideVariable)=1."
        )
    }

    private static let overrideVariable = "DMP_PASSPHRASE_OVERRIDE_VERIFY"
}
