import DMPNetwork
import DMPProtocol
import DNSTransport

/// A domain whose bootstrap record names three clusters, on a network that a test scripts name by name.
struct DiscoveryWorld: Sendable {
    let signer: Operator
    let alice: Operator
    let bob: Operator
    let reader: NamedReader
    let clock: ErasedClock

    /// Cluster `a` hangs, `b` is signed by somebody else, `c` can be used.
    init(clock: ErasedClock) throws {
        self.signer = try Operator(1)
        self.alice = try Operator(2)
        self.bob = try Operator(3)
        self.clock = clock
        self.reader = NamedReader(clock: clock)
        let entries = try [(30, "c.test"), (10, "a.test"), (20, "b.test")].map { priority, domain in
            try self.entry(UInt16(priority), domain, self.alice)
        }
        try self.publish(self.signer.bootstrap(2, entries: entries), at: "_dmp.users.test")
        try self.reader.script(.timeout, at: "cluster.a.test")
        try self.publish(self.bob.manifest(1, name: "b.test"), at: "cluster.b.test")
        try self.publish(self.alice.manifest(1, name: "c.test"), at: "cluster.c.test")
    }

    func entry(_ priority: UInt16, _ domain: String, _ owner: Operator) throws -> BootstrapEntry {
        try BootstrapEntry(priority: priority, clusterDomain: RecordDomain(domain), operatorKey: owner.key)
    }

    func publish(_ values: TXTValue..., at name: String) throws {
        try self.reader.script(.answer(.records(values), after: .milliseconds(20)), at: name)
    }

    func discover(within limit: Duration) async throws -> Result<BootstrapFindings, PinnedRecordRefusal> {
        try await BootstrapDiscovery(RecordDomain("users.test"), signer: self.signer.key).discover(
            through: self.reader,
            factory: .scripted,
            deadline: self.clock.now.advanced(by: limit),
            clock: self.clock,
            now: { Operator.now }
        )
    }
}

/// Reads each name as its own script says; other names are absent.
final class NamedReader: RecordReader {
    private let clock: ErasedClock
    private let readers = Shared<[OwnerName: ScriptedReader]>([:])
    private let names = Shared<[String]>([])

    init(clock: ErasedClock) { self.clock = clock }

    /// The names that were asked for, in that order.
    var asked: [String] { self.names.value }
    var underWayCount: Int { self.readers.value.values.reduce(0) { $0 + $1.underWayCount } }

    func script(_ behaviour: ScriptedReader.Behaviour, at name: String) throws {
        let owner = try OwnerName(name)
        let reader = ScriptedReader(behaviour, clock: self.clock)
        self.readers.change { $0[owner] = reader }
    }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        self.names.change { $0.append(name.text) }
        guard let reader = self.readers.value[name] else { return .absent }
        return try await reader.read(name, deadline: deadline)
    }
}
