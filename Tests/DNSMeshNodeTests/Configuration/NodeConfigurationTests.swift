import DMPCrypto
import DMPProtocol
import DNSMeshNode
import DNSWire
import Logging
import Testing

@Suite("Settings from the environment")
struct NodeConfigurationTests {
    @Test("Without settings the node is open, on loopback, with the defaults of the reference")
    func defaults() throws {
        let configuration = try NodeConfiguration(environment: [:])
        #expect(configuration.databasePath == "/var/lib/dmp/dmp.db")
        #expect(configuration.dnsHost == .v4(.loopback) && configuration.dnsPort == 5_353)
        #expect(configuration.httpHost == .v4(.loopback) && configuration.httpPort == 8_053)
        #expect(configuration.dnsTTL == 60)
        #expect(configuration.dnsLimit == RateLimit(perSecond: 50, burst: 200))
        #expect(configuration.httpLimit == RateLimit(perSecond: 10, burst: 100))
        #expect(configuration.dnsMaximumConcurrency == 128 && configuration.httpMaximumConcurrency == 64)
        #expect(configuration.recordLimits == RecordLimits())
        #expect(configuration.recordLimits.lifetime == 86_400)
        #expect(configuration.recordLimits.valueBytes == 2_048)
        #expect(configuration.recordLimits.valuesPerName == 64)
        #expect(configuration.cleanupInterval == .seconds(60))
        #expect(configuration.logLevel == .info && configuration.logFormat == .text)
        #expect(configuration.writeAccess == .open && configuration.operatorToken == nil)
        #expect(configuration.servedZone == nil && configuration.notes.isEmpty)
    }

    @Test("Every setting is read")
    func everything() throws {
        let configuration = try NodeConfiguration(environment: [
            "DMP_DB_PATH": "/tmp/x.db", "DMP_DNS_HOST": "::1", "DMP_DNS_PORT": " 15353 ", "DMP_DNS_TTL": "30",
            "DMP_DNS_RATE": "0.5", "DMP_DNS_BURST": "7", "DMP_DNS_MAX_CONCURRENCY": "9",
            "DMP_DNS_APEX_A": "192.0.2.1", "DMP_DNS_APEX_AAAA": "2001:db8::1", "DMP_DNS_APEX_NS": "ns.example.test.",
            "DMP_DNS_APEX_SOA_RNAME": "admin.example.test", "DMP_SERVED_ZONE": "Mesh.Example.TEST.",
            "DMP_HTTP_HOST": "localhost", "DMP_HTTP_PORT": "0", "DMP_HTTP_RATE": "-1", "DMP_HTTP_BURST": "3",
            "DMP_HTTP_MAX_CONCURRENCY": "5", "DMP_OPERATOR_TOKEN": "secret", "DMP_MAX_TTL": "100",
            "DMP_MAX_VALUE_BYTES": "200", "DMP_MAX_VALUES_PER_NAME": "0", "DMP_CLEANUP_INTERVAL": "5",
            "DMP_LOG_LEVEL": "warning", "DMP_LOG_FORMAT": "JSON",
        ])
        #expect(configuration.databasePath == "/tmp/x.db")
        #expect(configuration.dnsHost == .v6(.loopback) && configuration.dnsPort == 15_353)
        #expect(configuration.dnsTTL == 30)
        #expect(configuration.dnsLimit == RateLimit(perSecond: 0.5, burst: 7))
        #expect(configuration.dnsMaximumConcurrency == 9)
        #expect(configuration.apex.ipv4?.description == "192.0.2.1")
        #expect(configuration.apex.ipv6?.description == "2001:db8::1")
        #expect(configuration.apex.nameServer?.description == "ns.example.test")
        #expect(configuration.apex.responsible?.description == "admin.example.test")
        #expect(configuration.servedZone?.description == "mesh.example.test")
        #expect(configuration.httpHost == .v4(.loopback) && configuration.httpPort == 0)
        #expect(configuration.httpLimit.isOff)
        #expect(configuration.httpMaximumConcurrency == 5)
        #expect(configuration.writeAccess == .operatorOnly)
        #expect(configuration.operatorToken?.description == "(operator token)")
        #expect(configuration.recordLimits.lifetime == 100)
        #expect(configuration.recordLimits.valueBytes == 200)
        #expect(configuration.recordLimits.valuesPerName == 0)
        #expect(configuration.cleanupInterval == .seconds(5))
        #expect(configuration.logLevel == .warning && configuration.logFormat == .json)
    }

    @Test("Flags go before the environment, but 0 and empty text say nothing")
    func overrides() throws {
        let environment = ["DMP_DB_PATH": "/tmp/x.db", "DMP_DNS_PORT": "1", "DMP_HTTP_PORT": "2"]
        let given = try NodeConfiguration(
            environment: environment,
            databasePath: "/tmp/y.db",
            dnsPort: 3,
            httpPort: 4
        )
        #expect(given.databasePath == "/tmp/y.db" && given.dnsPort == 3 && given.httpPort == 4)
        let empty = try NodeConfiguration(environment: environment, databasePath: "", dnsPort: 0, httpPort: 0)
        #expect(empty.databasePath == "/tmp/x.db" && empty.dnsPort == 1 && empty.httpPort == 2)
    }

    @Test(
        "A value that can't be used is refused by the name of its variable",
        arguments: [
            ("DMP_DNS_PORT", "65536", "must be a whole number from 0 to 65535"),
            ("DMP_HTTP_PORT", "http", "must be a whole number from 0 to 65535"),
            ("DMP_DNS_TTL", "-1", "must be a whole number from 0 to 2147483647"),
            ("DMP_DNS_RATE", "nan", "must be a number"),
            ("DMP_HTTP_BURST", "many", "must be a number"),
            ("DMP_DNS_HOST", "node.example", "must be an IPv4 or IPv6 address, or localhost"),
            ("DMP_DNS_APEX_A", "::1", "must be an IPv4 address"),
            ("DMP_DNS_APEX_AAAA", "127.0.0.1", "must be an IPv6 address"),
            ("DMP_DNS_APEX_NS", "a..b", "must be a domain name"),
            ("DMP_DOMAIN", "a b", "must be a domain name"),
            ("DMP_CLUSTER_BASE_DOMAIN", "a b", "must be a domain name"),
            ("DMP_SYNC_OPERATOR_SPK", "12", "must be 64 hexadecimal digits"),
            ("DMP_AUTH_MODE", "closed", "must be open, legacy or multi-tenant"),
            ("DMP_ALLOW_OPEN_PUBLIC_BIND", "maybe", "must be 1, true, yes, on, or 0, false, no, off"),
            ("DMP_MAX_VALUE_BYTES", "99999999999999999999", "must be a whole number from 0 to 65279"),
            ("DMP_CLEANUP_INTERVAL", "0", "must be a whole number from 1 to 86400"),
        ]
    )
    func refusal(variable: String, value: String, rule: String) {
        #expect(throws: NodeConfigurationError(variable: variable, rule: rule)) {
            try NodeConfiguration(environment: [variable: value])
        }
    }

    @Test("Open writes on an address of others are refused, with the ways out")
    func openPublicBind() throws {
        let error = #expect(throws: NodeConfigurationError.self) {
            try NodeConfiguration(environment: ["DMP_HTTP_HOST": "0.0.0.0"])
        }
        let text = try #require(error?.description)
        for way in ["DMP_OPERATOR_TOKEN", "DMP_HTTP_HOST=127.0.0.1", "DMP_ALLOW_OPEN_PUBLIC_BIND=1"] {
            #expect(text.contains(way))
        }
        #expect(!text.contains("\n"))
        #expect(throws: NodeConfigurationError.self) {
            try NodeConfiguration(environment: [
                "DMP_HTTP_HOST": "::", "DMP_AUTH_MODE": "open", "DMP_OPERATOR_TOKEN": "t",
            ])
        }
    }

    @Test(
        "A host that isn't set is everywhere once it is settled who may write",
        arguments: [["DMP_OPERATOR_TOKEN": "t"], ["DMP_HTTP_TOKEN": "t"], ["DMP_ALLOW_OPEN_PUBLIC_BIND": "on"]]
    )
    func publicDefault(environment: [String: String]) throws {
        let configuration = try NodeConfiguration(environment: environment)
        #expect(configuration.dnsHost.description == "0.0.0.0" && configuration.httpHost.description == "0.0.0.0")
    }

    @Test("The first zone variable that is set counts")
    func zones() throws {
        var environment = ["DMP_NODE_HOSTNAME": "five.test"]
        for (variable, zone) in [
            ("DMP_DOMAIN", "four.test"), ("DMP_CLUSTER_BASE_DOMAIN", "three.test"),
            ("DMP_CLAIM_PROVIDER_ZONE", "two.test"), ("DMP_SERVED_ZONE", "one.test"),
        ] {
            environment[variable] = zone
            #expect(try NodeConfiguration(environment: environment).servedZone?.description == zone)
        }
        environment["DMP_SERVED_ZONE"] = " "
        #expect(try NodeConfiguration(environment: environment).servedZone?.description == "two.test")
    }

    @Test("The cluster's manifest comes from the file of the first variable that is set")
    func cluster() throws {
        let usual = try NodeConfiguration(environment: [:])
        #expect(usual.clusterFile == "/var/lib/dmp/cluster.json")
        #expect(usual.clusterOperatorKey == nil && usual.clusterName == nil)
        #expect(NodeConfiguration().clusterFile == nil)
        var environment = ["DMP_CLUSTER_MANIFEST_PATH": "/b"]
        #expect(try NodeConfiguration(environment: environment).clusterFile == "/b")
        environment["DMP_CLUSTER_FILE"] = "/a"
        let both = try NodeConfiguration(environment: environment)
        #expect(both.clusterFile == "/a")
        #expect(both.notes == ["DMP_CLUSTER_MANIFEST_PATH is ignored, as DMP_CLUSTER_FILE is set too"])
        let key = String(repeating: "Ab", count: 32)
        let pinned = try NodeConfiguration(environment: [
            "DMP_SYNC_OPERATOR_SPK": key, "DMP_CLUSTER_BASE_DOMAIN": "Mesh.Test.",
        ])
        #expect(pinned.clusterOperatorKey?.hex == key.lowercased() && pinned.clusterName?.text == "mesh.test")
        #expect(pinned.servedZone?.description == "mesh.test" && pinned.notes.isEmpty)
    }

    @Test("What has no effect is named")
    func notes() throws {
        let configuration = try NodeConfiguration(environment: [
            "DMP_SYNC_PEERS": "http://127.0.0.1:1", "DMP_DNS_UPDATE_ENABLED": "1", "DMP_TSIG_DB_PATH": "",
            "DMP_AUTH_MODE": "multi-tenant", "DMP_DNS_APEX_A": "192.0.2.1",
        ])
        #expect(
            configuration.notes == [
                "neither DMP_TSIG_KEY_FILE nor DMP_TSIG_DB_PATH is set, so nobody may write by DNS UPDATE",
                "set but not supported yet, so ignored: DMP_SYNC_PEERS",
                "user tokens are not supported yet: only the operator token may write",
                "no DMP_OPERATOR_TOKEN is set, so nobody may write over HTTP",
                "DMP_DNS_APEX_… is ignored without a zone: set DMP_SERVED_ZONE",
            ]
        )
    }

    @Test("An unknown log level is INFO", arguments: ["", "loud", "INFO", "notset"])
    func logLevel(text: String) throws {
        #expect(try NodeConfiguration(environment: ["DMP_LOG_LEVEL": text]).logLevel == .info)
    }
}
