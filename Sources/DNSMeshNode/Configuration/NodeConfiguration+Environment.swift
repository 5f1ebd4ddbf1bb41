internal import DMPCrypto
internal import DMPProtocol
internal import DNSWire
internal import Logging

extension NodeConfiguration {
    /// Reads the settings of protocol documents, "The DMP node", sections 2.1, 2.3 and 2.4.
    ///
    /// One default differs from the reference: a host that isn't set is 127.0.0.1, unless the node has an operator token
    /// or `DMP_ALLOW_OPEN_PUBLIC_BIND` is on; then it is 0.0.0.0. Settings of sections 2.2 and 2.3 end up in ``notes``.
    ///
    /// - Parameters:
    ///   - environment: The environment of the process. White space around a value is ignored, an empty value is unset.
    ///   - databasePath: Goes before `DMP_DB_PATH`, unless it is `nil` or empty.
    ///   - dnsPort: Goes before `DMP_DNS_PORT`, unless it is `nil` or 0.
    ///   - httpPort: Goes before `DMP_HTTP_PORT`, unless it is `nil` or 0.
    /// - Throws: ``NodeConfigurationError``, which names the variable and the rule that its value breaks.
    public init(
        environment: [String: String],
        databasePath: String? = nil,
        dnsPort: UInt16? = nil,
        httpPort: UInt16? = nil
    ) throws(NodeConfigurationError) {
        self.init()
        let reader = EnvironmentReader(environment: environment)
        try self.readAccess(from: reader)
        try self.readDNS(from: reader)
        try self.readHTTP(from: reader)
        try self.readStorage(from: reader)
        try self.readCluster(from: reader)
        try self.readUpdates(from: reader)
        self.readLogging(from: reader)
        if let path = databasePath, !path.isEmpty { self.databasePath = path }
        if let port = dnsPort, port != 0 { self.dnsPort = port }
        if let port = httpPort, port != 0 { self.httpPort = port }
        self.addNotes(from: reader)
        try self.checkOpenBind()
    }

    private mutating func readAccess(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        self.operatorToken = reader.firstText("DMP_OPERATOR_TOKEN", "DMP_HTTP_TOKEN").flatMap { OperatorToken($0.text) }
        self.writeAccess = self.operatorToken == nil ? .open : .operatorOnly
        let mode = try reader.value("DMP_AUTH_MODE", "open, legacy or multi-tenant") { (text) -> WriteAccess? in
            switch text {
            case "open": .open
            case "legacy", "multi-tenant": .operatorOnly
            default: nil
            }
        }
        self.writeAccess = mode ?? self.writeAccess
        self.allowsOpenPublicBind = try reader.flag("DMP_ALLOW_OPEN_PUBLIC_BIND") ?? false
    }

    /// Where to listen if nothing is said: for others only once it is settled who may write.
    private var defaultHost: IPAddress {
        .v4(self.operatorToken != nil || self.allowsOpenPublicBind ? IPv4Address(rawValue: 0) : .loopback)
    }

    private mutating func readDNS(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        self.dnsHost = try reader.host("DMP_DNS_HOST") ?? self.defaultHost
        self.dnsPort = try reader.integer("DMP_DNS_PORT", in: 0...UInt16.max) ?? self.dnsPort
        self.dnsTTL = try reader.integer("DMP_DNS_TTL", in: 0...RecordLimits.longestLifetime) ?? self.dnsTTL
        self.dnsLimit.perSecond = try reader.number("DMP_DNS_RATE") ?? self.dnsLimit.perSecond
        self.dnsLimit.burst = try reader.number("DMP_DNS_BURST") ?? self.dnsLimit.burst
        let concurrency = try reader.integer("DMP_DNS_MAX_CONCURRENCY", in: 1...65_536)
        self.dnsMaximumConcurrency = concurrency ?? self.dnsMaximumConcurrency
        self.servedZone = try reader.servedZone()
        self.apex.ipv4 = try reader.value("DMP_DNS_APEX_A", "an IPv4 address") { IPv4Address($0) }
        self.apex.ipv6 = try reader.value("DMP_DNS_APEX_AAAA", "an IPv6 address") { IPv6Address($0) }
        self.apex.nameServer = try reader.domainName("DMP_DNS_APEX_NS")
        self.apex.responsible = try reader.domainName("DMP_DNS_APEX_SOA_RNAME")
    }

    private mutating func readHTTP(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        self.httpHost = try reader.host("DMP_HTTP_HOST") ?? self.defaultHost
        self.httpPort = try reader.integer("DMP_HTTP_PORT", in: 0...UInt16.max) ?? self.httpPort
        self.httpLimit.perSecond = try reader.number("DMP_HTTP_RATE") ?? self.httpLimit.perSecond
        self.httpLimit.burst = try reader.number("DMP_HTTP_BURST") ?? self.httpLimit.burst
        let concurrency = try reader.integer("DMP_HTTP_MAX_CONCURRENCY", in: 1...65_536)
        self.httpMaximumConcurrency = concurrency ?? self.httpMaximumConcurrency
    }

    private mutating func readStorage(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        self.databasePath = reader.text("DMP_DB_PATH") ?? self.databasePath
        var limits = self.recordLimits
        limits.lifetime = try reader.integer("DMP_MAX_TTL", in: 0...RecordLimits.longestLifetime) ?? limits.lifetime
        limits.valueBytes = try reader.integer("DMP_MAX_VALUE_BYTES", in: 0...65_279) ?? limits.valueBytes
        limits.valuesPerName = try reader.integer("DMP_MAX_VALUES_PER_NAME", in: 0...65_535) ?? limits.valuesPerName
        self.recordLimits = limits
        let interval = try reader.integer("DMP_CLEANUP_INTERVAL", in: 1...86_400)
        self.cleanupInterval = interval.map { .seconds($0) } ?? self.cleanupInterval
    }

    private mutating func readCluster(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        let file = reader.firstText("DMP_CLUSTER_FILE", "DMP_CLUSTER_MANIFEST_PATH")
        self.clusterFile = file?.text ?? Self.usualClusterFile
        self.clusterOperatorKey = try reader.value("DMP_SYNC_OPERATOR_SPK", "64 hexadecimal digits") { (text) in
            do throws(CryptoError) { return try Ed25519.PublicKey(hex: text) } catch { return nil }
        }
        self.clusterName = try reader.value("DMP_CLUSTER_BASE_DOMAIN", "a domain name") { (text) in
            do throws(NameError) { return try ZoneName(text) } catch { return nil }
        }
    }

    private mutating func readUpdates(from reader: EnvironmentReader) throws(NodeConfigurationError) {
        let isEnabled = try reader.flag("DMP_DNS_UPDATE_ENABLED")
        self.updateKeyFile = isEnabled == false ? nil : reader.text("DMP_TSIG_KEY_FILE")
        // The reference reads its database only where updates are switched on.
        if isEnabled == true, self.updateKeyFile == nil { self.updateKeyStore = reader.text("DMP_TSIG_DB_PATH") }
        guard
            let variable = self.updateKeyFile.map({ _ in "DMP_TSIG_KEY_FILE" })
                ?? self.updateKeyStore.map({ _ in "DMP_TSIG_DB_PATH" })
        else {
            guard isEnabled == true else { return }
            self.notes.append(
                "neither DMP_TSIG_KEY_FILE nor DMP_TSIG_DB_PATH is set, so nobody may write by DNS UPDATE"
            )
            return
        }
        guard self.servedZone != nil else {
            throw NodeConfigurationError(variable: variable, rule: "needs a zone: set DMP_SERVED_ZONE")
        }
    }

    private mutating func readLogging(from reader: EnvironmentReader) {
        self.logLevel =
            switch reader.text("DMP_LOG_LEVEL")?.uppercased() {
            case "DEBUG": .debug
            case "WARNING", "WARN": .warning
            case "ERROR": .error
            case "CRITICAL", "FATAL": .critical
            default: .info
            }
        self.logFormat = reader.text("DMP_LOG_FORMAT")?.lowercased() == "json" ? .json : .text
    }

    private mutating func addNotes(from reader: EnvironmentReader) {
        let unsupported = UnsupportedVariables.all.filter { reader.text($0) != nil }
        if !unsupported.isEmpty {
            self.notes.append("set but not supported yet, so ignored: \(unsupported.joined(separator: ", "))")
        }
        if let path = reader.text("DMP_CLUSTER_MANIFEST_PATH"), let file = self.clusterFile, path != file {
            self.notes.append("DMP_CLUSTER_MANIFEST_PATH is ignored, as DMP_CLUSTER_FILE is set too")
        }
        if reader.text("DMP_AUTH_MODE") == "multi-tenant" {
            self.notes.append("user tokens are not supported yet: only the operator token may write")
        }
        if self.writeAccess == .operatorOnly, self.operatorToken == nil {
            self.notes.append("no DMP_OPERATOR_TOKEN is set, so nobody may write over HTTP")
        }
        if self.servedZone == nil, self.apex != ApexRecords() {
            self.notes.append("DMP_DNS_APEX_… is ignored without a zone: set DMP_SERVED_ZONE")
        }
    }
}

extension EnvironmentReader {
    fileprivate func host(_ variable: String) throws(NodeConfigurationError) -> IPAddress? {
        try self.value(variable, "an IPv4 or IPv6 address, or localhost") {
            $0 == "localhost" ? .v4(.loopback) : IPAddress($0)
        }
    }

    /// Protocol documents, "The DMP node", section 2.4.
    fileprivate func servedZone() throws(NodeConfigurationError) -> DNSName? {
        let first = self.firstText(
            "DMP_SERVED_ZONE",
            "DMP_CLAIM_PROVIDER_ZONE",
            "DMP_CLUSTER_BASE_DOMAIN",
            "DMP_DOMAIN",
            "DMP_NODE_HOSTNAME"
        )
        guard let variable = first?.variable else { return nil }
        return try self.domainName(variable)?.lowercased()
    }
}
