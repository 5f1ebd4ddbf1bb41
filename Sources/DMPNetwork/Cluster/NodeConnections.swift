private import DMPProtocol
public import DNSTransport
private import DNSWire
private import Synchronization

/// Reaches the nodes of a cluster: each over HTTP to write, and over DNS to read.
///
/// A node's connections open with its first read and its first write. A new manifest keeps those of the nodes that stay
/// where they are; those of the others close once the operations under way have ended.
///
/// ``run()`` has to go on as long as there are reads and writes; ``withNodeConnections(_:clock:_:)`` sees to it.
///
/// Source: protocol documents, "The network layer", section 7.2.
public final class NodeConnections: Sendable {
    /// How the nodes are reached.
    public struct Settings: Sendable {
        /// Reads from a node whose manifest entry names no DNS endpoint.
        public var bootstrapReader: any RecordReader
        /// Finds the addresses of hosts that stand in DNS endpoints.
        public var hosts: HostLookup
        /// The token for a node, `nil` if it gets none. A node whose token can't be sent refuses all writes.
        public var token: @Sendable (HTTPEndpoint) throws(NetworkFailure) -> BearerToken? = { _ in nil }
        /// How many questions, and how many requests, may be under way at one node.
        public var width = 128

        public init(bootstrapReader: any RecordReader, hosts: HostLookup) {
            self.bootstrapReader = bootstrapReader
            self.hosts = hosts
        }
    }

    /// How long the address of a host counts before it is looked up again.
    static let addressLifetime = Duration.seconds(300)

    private let settings: Settings
    private let clock: ErasedClock
    private let work = BackgroundWork()
    private let known = Mutex(Known())

    public init(_ settings: Settings, clock: ErasedClock = .continuous) {
        self.settings = settings
        self.clock = clock
    }

    /// Runs until it is cancelled, which closes all connections. To be called once.
    public func run() async { await self.work.run() }

    /// How many connections are open, or about to be.
    package var count: Int { self.work.count }

    /// Makes the readers and writers of nodes; refuses endpoints that can't be read.
    public var factory: ClusterNodeFactory {
        ClusterNodeFactory { (node) throws(NetworkFailure) in
            try self.reader(of: node)
        } writer: { (node) throws(NetworkFailure) in
            try self.writer(of: node)
        }
    }
}

// MARK: - Making readers and writers

extension NodeConnections {
    /// The readers and writers that somebody holds.
    private struct Known: Sendable {
        private struct Weak<Object: AnyObject & Sendable>: Sendable {
            weak let object: Object?
        }

        private var readers: [NodeDNSEndpoint: Weak<NodeReader>] = [:]
        private var writers: [HTTPEndpoint: Weak<NodeWriter>] = [:]

        mutating func reader(at endpoint: NodeDNSEndpoint, _ make: () -> NodeReader) -> NodeReader {
            self.readers = self.readers.filter { $0.value.object != nil }
            if let reader = self.readers[endpoint]?.object { return reader }
            let reader = make()
            self.readers[endpoint] = Weak(object: reader)
            return reader
        }

        mutating func writer(at endpoint: HTTPEndpoint, _ make: () -> NodeWriter) -> NodeWriter {
            self.writers = self.writers.filter { $0.value.object != nil }
            if let writer = self.writers[endpoint]?.object { return writer }
            let writer = make()
            self.writers[endpoint] = Weak(object: writer)
            return writer
        }
    }

    private func reader(of node: DMPProtocol.ClusterNode) throws(NetworkFailure) -> any RecordReader {
        guard let text = node.dnsEndpoint else { return self.settings.bootstrapReader }
        let endpoint = try NodeDNSEndpoint(text)
        return self.known.withLock { known in
            known.reader(at: endpoint) { NodeReader(self.readConnection(to: endpoint)) }
        }
    }

    private func writer(of node: DMPProtocol.ClusterNode) throws(NetworkFailure) -> any RecordWriter {
        let endpoint = try HTTPEndpoint(node.httpEndpoint)
        let token: BearerToken?
        do throws(NetworkFailure) {
            token = try self.settings.token(endpoint)
            try endpoint.checkCanCarry(token)
        } catch {
            return RefusingWriter(failure: error)
        }
        return self.known.withLock { known in
            known.writer(at: endpoint) { NodeWriter(self.writeConnection(to: endpoint, token: token)) }
        }
    }

    private func readConnection(to endpoint: NodeDNSEndpoint) -> SharedConnection<UpstreamReader> {
        let (hosts, width, clock) = (self.settings.hosts, self.settings.width, self.clock)
        let lifetime: Duration? = if case .host = endpoint { Self.addressLifetime } else { nil }
        return SharedConnection(work: self.work, clock: clock, lifetime: lifetime) { error in
            error as? NetworkFailure ?? NetworkFailure(.unreachable, "\(error)".displayable(limit: 200))
        } open: { use in
            let address: UpstreamAddress
            switch endpoint {
            case .address(let literal): address = literal
            case .host(let name, let port):
                let found = try await hosts.address(of: name)
                guard let upstream = UpstreamAddress(host: found, port: Int(port)) else {
                    throw NetworkFailure(.invalidConfiguration, "there is no port \(port)")
                }
                address = upstream
            }
            try await withUpstreamReader(address, clock: clock, width: width) { await use($0) }
        }
    }

    private func writeConnection(
        to endpoint: HTTPEndpoint,
        token: BearerToken?
    ) -> SharedConnection<HTTPRecordWriter> {
        let clock = self.clock
        var settings = HTTPRecordWriter.Settings()
        settings.width = self.settings.width
        return SharedConnection(work: self.work, clock: clock) { error in
            error as? NetworkFailure ?? NetworkFailure(.unreachable, "\(error)".displayable(limit: 200))
        } open: { [settings] use in
            try await withHTTPRecordWriter(to: endpoint, token: token, clock: clock, settings: settings) {
                await use($0)
            }
        }
    }
}

/// Lends connections to nodes to `body`, and closes them afterwards.
///
/// - Throws: What `body` throws.
public func withNodeConnections<Value>(
    _ settings: NodeConnections.Settings,
    clock: ErasedClock = .continuous,
    _ body: (NodeConnections) async throws -> Value
) async throws -> Value {
    let connections = NodeConnections(settings, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await connections.run() }
        defer { group.cancelAll() }
        return try await body(connections)
    }
}
