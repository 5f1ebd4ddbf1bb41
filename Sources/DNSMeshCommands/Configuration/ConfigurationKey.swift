/// One key of `config.yaml`: its name in the file and the property that it fills.
struct ConfigurationKey: Sendable {
    /// The kind of value, with the property that holds it.
    enum Slot: Sendable {
        case contacts
        case flag(any WritableKeyPath<Configuration, Bool> & Sendable)
        case number(any WritableKeyPath<Configuration, Int> & Sendable)
        /// Text that is `null` when unset.
        case optionalText(any WritableKeyPath<Configuration, String?> & Sendable)
        /// Text; where the file has `null` or `''` it is the given fallback.
        case text(any WritableKeyPath<Configuration, String> & Sendable, fallback: String = "")
        case texts(any WritableKeyPath<Configuration, [String]> & Sendable)
    }

    let name: String
    let slot: Slot

    private init(_ name: String, _ slot: Slot) {
        self.name = name
        self.slot = slot
    }

    /// All keys in code-point order, in which the reference writes them.
    static let all: [ConfigurationKey] = [
        ConfigurationKey("allow_tofu", .flag(\.allowTOFU)),
        ConfigurationKey("bootstrap_signer_spk", .text(\.bootstrapSignerKey)),
        ConfigurationKey("bootstrap_user_domain", .text(\.bootstrapUserDomain)),
        ConfigurationKey("claim_provider_override", .text(\.claimProviderOverride)),
        ConfigurationKey("claim_provider_zone", .text(\.claimProviderZone)),
        ConfigurationKey("cluster_base_domain", .text(\.clusterBaseDomain)),
        ConfigurationKey("cluster_enabled", .flag(\.clusterEnabled)),
        ConfigurationKey("cluster_node_token", .text(\.clusterNodeToken)),
        ConfigurationKey("cluster_operator_spk", .text(\.clusterOperatorKey)),
        ConfigurationKey("cluster_refresh_interval", .number(\.clusterRefreshInterval)),
        ConfigurationKey("contacts", .contacts),
        ConfigurationKey("dns_host", .optionalText(\.dnsHost)),
        ConfigurationKey("dns_port", .number(\.dnsPort)),
        ConfigurationKey("dns_resolvers", .texts(\.dnsResolvers)),
        ConfigurationKey("dnssec_required", .flag(\.dnssecRequired)),
        ConfigurationKey("domain", .text(\.domain)),
        ConfigurationKey("endpoint", .text(\.endpoint)),
        ConfigurationKey("http_token", .optionalText(\.httpToken)),
        ConfigurationKey("identity_domain", .text(\.identityDomain)),
        ConfigurationKey("kdf_salt", .text(\.kdfSalt)),
        ConfigurationKey("local_node_dns_port", .number(\.localNodeDNSPort)),
        ConfigurationKey("local_node_dns_server", .text(\.localNodeDNSServer)),
        ConfigurationKey("passphrase_file", .optionalText(\.passphraseFile)),
        ConfigurationKey("recv_primary_interval_seconds", .number(\.receivePrimaryInterval)),
        ConfigurationKey("recv_secondary_disable", .flag(\.receiveSecondaryDisabled)),
        ConfigurationKey("recv_secondary_interval_seconds", .number(\.receiveSecondaryInterval)),
        ConfigurationKey("tsig_algorithm", .text(\.tsigAlgorithm, fallback: Configuration.defaultTSIGAlgorithm)),
        ConfigurationKey("tsig_dns_port", .number(\.tsigDNSPort)),
        ConfigurationKey("tsig_dns_server", .text(\.tsigDNSServer)),
        ConfigurationKey("tsig_key_name", .text(\.tsigKeyName)),
        ConfigurationKey("tsig_secret_hex", .text(\.tsigSecretHex)),
        ConfigurationKey("tsig_zone", .text(\.tsigZone)),
        ConfigurationKey("username", .text(\.username)),
        ConfigurationKey("verify_pubkey", .text(\.verifyKey)),
    ]

    static let named: [String: ConfigurationKey] = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
