import DMPNetwork
import DMPProtocol
import DNSTransport

/// A cluster of scripted nodes.
struct Cluster: Sendable {
    let readers: [ScriptedReader]
    let writers: [ScriptedWriter]
    let nodes: ClusterNodes
    let clock: ErasedClock

    init(
        readers: [ScriptedReader.Behaviour] = [],
        writers: [ScriptedWriter.Behaviour] = [],
        offset: Int = 0,
        clock: ErasedClock
    ) throws {
        let count = max(readers.count, writers.count)
        let readers = (readers + Array(repeating: .silence, count: count - readers.count)).map {
            ScriptedReader($0, clock: clock)
        }
        let writers = (writers + Array(repeating: .silence, count: count - writers.count)).map {
            ScriptedWriter($0, clock: clock)
        }
        self.readers = readers
        self.writers = writers
        self.clock = clock
        self.nodes = try ClusterNodes(
            (0..<count).map { index in
                ClusterNode(
                    id: NodeID("node-\(index + offset)"),
                    endpoint: "192.0.2.\(index + offset):53",
                    reader: readers[index],
                    writer: writers[index]
                )
            }
        )
    }

    func write(_ body: (FanoutWriter) async throws -> Void) async throws {
        let writer = FanoutWriter(nodes: self.nodes, clock: self.clock, now: { Operator.now })
        try await self.write(with: writer, body)
    }

    func write(with writer: FanoutWriter, _ body: (FanoutWriter) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await writer.run() }
            defer { group.cancelAll() }
            try await body(writer)
        }
    }

    func publish(_ text: String, with writer: FanoutWriter) async throws -> WriteReceipt {
        let deadline = self.clock.now.advanced(by: .seconds(5))
        return try await writer.publishReceipt(
            TXTValue(text),
            at: OwnerName("a.example"),
            ttl: 300,
            deadline: deadline
        )
    }

    func delete(_ text: String?, with writer: FanoutWriter) async throws -> WriteReceipt {
        let deadline = self.clock.now.advanced(by: .seconds(5))
        return try await writer.deleteReceipt(
            text.map { TXTValue($0) },
            at: OwnerName("a.example"),
            deadline: deadline
        )
    }
}

extension WriteResult {
    /// The case and the code of the failure.
    var summary: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let failure): "refused \(failure.code)"
        case .unavailable(let failure): "unavailable \(failure.code)"
        }
    }
}
