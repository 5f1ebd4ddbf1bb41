private import DMPCrypto
public import DMPProtocol
public import DNSTransport

/// Finds out how the nodes of a cluster are, one by one.
///
/// Each is asked for the manifest and for other names, and whether it is well. A node is not well if it doesn't answer,
/// denies what another node has, or has an older manifest than another.
public struct ClusterProbe: Sendable {
    /// How one node is.
    public struct Report: Hashable, Sendable {
        /// The entry of the manifest.
        public let node: DMPProtocol.ClusterNode
        /// Why it can't be read from.
        public let readFailure: NetworkFailure?
        /// Why it can't be written to.
        public let writeFailure: NetworkFailure?
    }

    private static let width = 32

    private let manifest: Signed<ClusterManifest>
    private let factory: ClusterNodeFactory
    private let names: [OwnerName]

    /// - Parameters:
    ///   - manifest: Lists the nodes.
    ///   - factory: Reaches them.
    ///   - witnesses: Names in the cluster at which records are likely to be.
    public init(_ manifest: Signed<ClusterManifest>, factory: ClusterNodeFactory, witnesses: [OwnerName] = []) {
        self.manifest = manifest
        self.factory = factory
        let owner: [OwnerName]
        do { owner = [try OwnerName.cluster(manifest.body.name.zone)] } catch { owner = [] }
        self.names = owner + witnesses
    }

    /// Asks all nodes at the same time.
    ///
    /// - Returns: One report for each node, in the order of the manifest.
    /// - Throws: `CancellationError` if the task is cancelled, and nothing else.
    public func run(
        before deadline: ErasedClock.Instant,
        clock: ErasedClock = .continuous,
        now: UnixSeconds
    ) async throws(CancellationError) -> [Report] {
        let nodes = self.manifest.body.nodes
        let questions = nodes.map(Question.read) + nodes.map(Question.write)
        let findings = try await questions.concurrentMap(width: Self.width) { question throws(CancellationError) in
            switch question {
            case .read(let node): try await self.read(node, before: deadline)
            case .write(let node): try await self.checkWrites(to: node, before: deadline, clock: clock)
            }
        }
        let readings = Array(findings.prefix(nodes.count))
        return nodes.indices.map { index in
            let reading = readings[index]
            return Report(
                node: nodes[index],
                readFailure: reading.failure ?? self.contradiction(of: reading, to: readings, now: now),
                writeFailure: findings[nodes.count + index].failure
            )
        }
    }

    private enum Question: Sendable {
        case read(DMPProtocol.ClusterNode)
        case write(DMPProtocol.ClusterNode)
    }

    /// What one node said.
    private struct Finding: Sendable {
        var answers: [OwnerName: [TXTValue]] = [:]
        var failure: NetworkFailure?
    }

    private func read(
        _ node: DMPProtocol.ClusterNode,
        before deadline: ErasedClock.Instant
    ) async throws(CancellationError) -> Finding {
        let reader: any RecordReader
        do throws(NetworkFailure) {
            reader = try self.factory.makeReader(of: node)
        } catch {
            return Finding(failure: error)
        }
        let results = try await self.names.concurrentMap(width: Self.width) { name throws(CancellationError) in
            try await reader.read(name, deadline: deadline)
        }
        var finding = Finding()
        for (name, result) in zip(self.names, results) {
            switch result {
            case .records(let values): finding.answers[name] = values
            case .absent: finding.answers[name] = []
            case .unavailable(let failure): finding.failure = finding.failure ?? failure
            }
        }
        return finding
    }

    private func checkWrites(
        to node: DMPProtocol.ClusterNode,
        before deadline: ErasedClock.Instant,
        clock: ErasedClock
    ) async throws(CancellationError) -> Finding {
        let endpoint: HTTPEndpoint
        do throws(NetworkFailure) {
            if let refusing = try self.factory.makeWriter(of: node) as? RefusingWriter {
                return Finding(failure: refusing.failure)
            }
            endpoint = try HTTPEndpoint(node.httpEndpoint)
        } catch {
            return Finding(failure: error)
        }
        return Finding(failure: try await endpoint.checkHealth(before: deadline, clock: clock))
    }

    /// What a node says otherwise than the others.
    private func contradiction(of finding: Finding, to others: [Finding], now: UnixSeconds) -> NetworkFailure? {
        for name in self.names {
            guard let values = finding.answers[name], others.contains(where: { $0.answers[name]?.isEmpty == false })
            else { continue }
            if values.isEmpty {
                return NetworkFailure(.unexpectedAnswer, "it has no record at \(name), and other nodes have")
            }
        }
        guard let owner = self.names.first, let values = finding.answers[owner], !values.isEmpty else { return nil }
        switch self.newest(of: values, now: now) {
        case .failure(let refusal):
            return NetworkFailure(.unexpectedAnswer, "its cluster manifest is no good: \(refusal)")
        case .success(let own) where own.body.sequence < self.manifest.body.sequence:
            return NetworkFailure(
                .unexpectedAnswer,
                "its cluster manifest has the sequence \(own.body.sequence), and there is \(self.manifest.body.sequence)"
            )
        case .success: return nil
        }
    }

    private func newest(
        of values: [TXTValue],
        now: UnixSeconds
    ) -> Result<Signed<ClusterManifest>, PinnedRecordRefusal> {
        let body = self.manifest.body
        return Signed.newest(of: values, pinned: body.operatorKey, name: body.name.zone, now: now)
    }
}
