import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// Signs manifests and bootstrap records for tests.
final class Operator: Sendable {
    static let now = UnixSeconds(rawValue: 1_800_000_000)

    private let secret: Ed25519.SecretKey
    var key: Ed25519.PublicKey { self.secret.publicKey }

    init(_ byte: UInt8) throws {
        self.secret = try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32)))
    }

    func manifest(
        _ sequence: UInt64,
        name: String = "mesh.test",
        lifetime: UInt64 = 86_400,
        endpoint: String = "https://n.test"
    ) throws -> TXTValue {
        let node = try DMPProtocol.ClusterNode(id: "n\(sequence)", httpEndpoint: endpoint, dnsEndpoint: nil)
        return try self.manifest(sequence, name: name, lifetime: lifetime, nodes: [node])
    }

    func manifest(
        _ sequence: UInt64,
        name: String = "mesh.test",
        lifetime: UInt64 = 86_400,
        nodes: [DMPProtocol.ClusterNode]
    ) throws -> TXTValue {
        let manifest = try ClusterManifest(
            name: RecordDomain(name),
            operatorKey: self.key,
            sequence: sequence,
            expires: UnixSeconds(rawValue: Self.now.rawValue - 1).adding(lifetime),
            nodes: nodes
        )
        return try manifest.signed(by: self.secret).value
    }

    func bootstrap(
        _ sequence: UInt64,
        domain: String = "users.test",
        lifetime: UInt64 = 86_400,
        entries: [BootstrapEntry]
    ) throws -> TXTValue {
        let record = try BootstrapRecord(
            domain: RecordDomain(domain),
            signer: self.key,
            sequence: sequence,
            expires: UnixSeconds(rawValue: Self.now.rawValue - 1).adding(lifetime),
            entries: entries
        )
        return try record.signed(by: self.secret).value
    }
}

/// Answers what a test has laid down, and "absent" for all other names.
final class StagedReader: RecordReader {
    private let answers = Shared<[OwnerName: ReadResult]>([:])
    private let gate = Shared<AsyncStream<Never>?>(nil)
    private let counts = Shared(0)

    /// How many reads have begun.
    var readCount: Int { self.counts.value }

    func stage(_ result: ReadResult, at name: String) throws {
        let owner = try OwnerName(name)
        self.answers.change { $0[owner] = result }
    }

    /// Lets reads wait until the returned continuation is finished.
    func pause() -> AsyncStream<Never>.Continuation {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        self.gate.change { $0 = stream }
        return continuation
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        self.counts.change { $0 += 1 }
        if let gate = self.gate.value { for await _ in gate {} }
        if Task.isCancelled { throw CancellationError() }
        return self.answers.value[name] ?? .absent
    }
}

extension ClusterNodeFactory {
    /// Refuses endpoints that don't begin with "https:" for writers, and those with "unread" for readers.
    static let scripted = ClusterNodeFactory { (node) throws(NetworkFailure) in
        if node.httpEndpoint.contains("unread") { throw NetworkFailure(.invalidConfiguration, "no reader") }
        return StagedReader()
    } writer: { (node) throws(NetworkFailure) in
        guard node.httpEndpoint.hasPrefix("https:") else {
            throw NetworkFailure(.invalidConfiguration, "no writer")
        }
        return MemoryRecordStore(now: { Operator.now })
    }
}
