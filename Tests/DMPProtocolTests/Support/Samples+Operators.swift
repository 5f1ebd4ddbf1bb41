import DMPCrypto
import DMPTesting

@testable import DMPProtocol

extension Samples {
    static let year: UInt64 = 31_536_000

    /// A manifest of the operator Alice.
    static func cluster(name: String = "mesh.example.com", nodes: [ClusterNode]? = nil) throws -> ClusterManifest {
        try ClusterManifest(
            name: RecordDomain(name),
            operatorKey: Self.alice.signingKey,
            sequence: 7,
            expires: Self.now.adding(6 * Self.year / 2),
            nodes: nodes ?? [
                ClusterNode(id: "n1", httpEndpoint: "https://n1.example.com:8053", dnsEndpoint: "192.0.2.1:53"),
                ClusterNode(id: "n2", httpEndpoint: "https://n2.example.com:8053", dnsEndpoint: nil),
            ]
        )
    }

    static func entry(_ domain: String, priority: UInt16) throws -> BootstrapEntry {
        try BootstrapEntry(priority: priority, clusterDomain: RecordDomain(domain), operatorKey: Self.bob.signingKey)
    }

    /// A record of the domain operator Alice.
    static func bootstrap(domain: String = "example.com", entries: [BootstrapEntry]? = nil) throws -> BootstrapRecord {
        try BootstrapRecord(
            domain: RecordDomain(domain),
            signer: Self.alice.signingKey,
            sequence: 7,
            expires: Self.now.adding(Self.year),
            entries: entries ?? [
                Self.entry("mesh.example.net", priority: 10), Self.entry("mesh.example.org", priority: 20),
                Self.entry("a", priority: 20),
            ]
        )
    }

    /// Alice's key is replaced by Bob's.
    static func rotation(
        subject: KeySubject? = nil,
        newKey: Ed25519.PublicKey = bob.signingKey
    ) throws -> RotationRecord {
        try RotationRecord(
            subject: subject ?? KeySubject(.user, "alice@example.com"),
            oldKey: Self.alice.signingKey,
            newKey: newKey,
            sequence: 1_800_000_000_000,
            issued: Self.now,
            expires: Self.now.adding(Self.year)
        )
    }

    /// Alice's key counts no more.
    static func revocation(subject: KeySubject? = nil) throws -> RevocationRecord {
        try RevocationRecord(
            subject: subject ?? KeySubject(.user, "alice@example.com"),
            revokedKey: Self.alice.signingKey,
            reason: .compromise,
            issued: Self.now
        )
    }

    /// Any bytes, signed by Alice as if they were a body.
    static func signed<Body: RecordBody>(_ body: [UInt8], as kind: Body.Type) -> TXTValue {
        TXTValue(prefix: Body.prefix, encoding: body + Self.alice.ed25519.sign(body).bytes)
    }

    /// The kind of subject that a vector case such as `expected-subject/cluster-dot` is about.
    static func subjectKind(inVector id: String) -> KeySubject.Kind {
        id.contains("/cluster") ? .cluster : id.contains("/bootstrap") ? .bootstrap : .user
    }
}

extension KeySubject.Kind {
    init(number: Int) throws {
        guard let number = UInt8(exactly: number), let kind = Self(rawValue: number) else { throw OutOfRange() }
        self = kind
    }
}

extension UInt64 {
    /// Reads the decimal strings of the vectors, which may lie outside 64 bits.
    init(decimal text: String) throws {
        guard let value = UInt64(text) else { throw OutOfRange() }
        self = value
    }
}
