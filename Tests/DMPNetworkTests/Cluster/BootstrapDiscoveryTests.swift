import DMPNetwork
import DMPProtocol
import DMPTesting
import DNSTransport
import Testing

@Suite("Bootstrap discovery")
struct BootstrapDiscoveryTests {
    private let signer: Operator
    private let alice: Operator
    private let bob: Operator
    private let reader = StagedReader()
    private let discovery: BootstrapDiscovery

    init() throws {
        self.signer = try Operator(1)
        self.alice = try Operator(2)
        self.bob = try Operator(3)
        self.discovery = try BootstrapDiscovery(RecordDomain("users.test"), signer: self.signer.key)
    }

    private func entry(_ priority: UInt16, _ domain: String, _ owner: Operator) throws -> BootstrapEntry {
        try BootstrapEntry(priority: priority, clusterDomain: RecordDomain(domain), operatorKey: owner.key)
    }

    private func discover() async throws -> Result<BootstrapFindings, PinnedRecordRefusal> {
        let clock = ErasedClock(ManualClock())
        return try await self.discovery.discover(
            through: self.reader,
            factory: .scripted,
            deadline: clock.now.advanced(by: .seconds(10)),
            clock: clock,
            now: { Operator.now }
        )
    }

    private func stageRecord() throws {
        let old = try self.signer.bootstrap(1, entries: [self.entry(1, "old.test", self.alice)])
        let new = try self.signer.bootstrap(
            2,
            entries: [
                self.entry(30, "c.test", self.alice), self.entry(10, "a.test", self.alice),
                self.entry(20, "b.test", self.bob),
            ]
        )
        try self.reader.stage(.records([old, new]), at: "_dmp.users.test")
    }

    @Test("The newest record's first cluster that verifies wins, and those before it are named with a reason")
    func fallThrough() async throws {
        try self.stageRecord()
        // The first is signed by the wrong operator, the second lists an endpoint that can't be used.
        try self.reader.stage(.records([self.bob.manifest(1, name: "a.test")]), at: "cluster.a.test")
        try self.reader.stage(.records([self.bob.manifest(1, name: "b.test", endpoint: "x")]), at: "cluster.b.test")
        try self.reader.stage(.records([self.alice.manifest(1, name: "c.test")]), at: "cluster.c.test")
        let findings = try await self.discover().get()
        #expect(findings.record.body.sequence == 2)
        #expect(findings.cluster?.entry.clusterDomain.text == "c.test")
        #expect(findings.cluster?.nodes.map(\.id) == [NodeID("n1")])
        #expect(
            findings.refusals.map(\.failure) == [
                .noManifest(.otherSigner),
                .unusableNode(NodeID("n1"), NetworkFailure(.invalidConfiguration, "no writer")),
            ]
        )
    }

    @Test("The first success ends the search")
    func firstWins() async throws {
        try self.stageRecord()
        try self.reader.stage(.records([self.alice.manifest(1, name: "a.test")]), at: "cluster.a.test")
        let findings = try await self.discover().get()
        #expect(findings.cluster?.entry.priority == 10)
        #expect(findings.refusals.isEmpty)
        #expect(self.reader.readCount == 2)
    }

    @Test("Without any cluster every entry has its reason")
    func none() async throws {
        try self.stageRecord()
        let findings = try await self.discover().get()
        #expect(findings.cluster == nil)
        #expect(findings.refusals.map(\.failure) == Array(repeating: .noManifest(.absent), count: 3))
    }

    @Test("A record of another signer, or none, is a reason")
    func noRecord() async throws {
        guard case .failure(.absent) = try await self.discover() else {
            Issue.record("a record was found")
            return
        }
        let foreign = try self.bob.bootstrap(9, entries: [self.entry(1, "a.test", self.bob)])
        try self.reader.stage(.records([foreign]), at: "_dmp.users.test")
        guard case .failure(.otherSigner) = try await self.discover() else {
            Issue.record("a record of another signer was taken")
            return
        }
    }
}
